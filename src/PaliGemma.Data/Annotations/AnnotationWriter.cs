using System.Text;

namespace PaliGemma.Data.Annotations;

/// <summary>Writes annotations picture by picture.</summary>
internal abstract class AnnotationWriter : IDisposable
{
    /// <summary>Whether the format can say that an object is a crowd.</summary>
    public virtual bool KeepsCrowds => false;

    /// <summary>The label as the format can hold it: on one line, without control characters; null if nothing is left of it.</summary>
    public virtual string? LabelFor(string label)
    {
        StringBuilder text = new(label.Length);
        foreach (Rune rune in label.EnumerateRunes())
        {
            if (!Rune.IsWhiteSpace(rune) && !Rune.IsControl(rune))
            {
                text.Append(rune.ToString());
            }
            else if (text.Length > 0 && text[^1] != ' ')
            {
                text.Append(' ');
            }
        }
        string clean = text.ToString().TrimEnd();
        return clean.Length > 0 ? clean : null;
    }

    /// <summary>Whether the format can tell the edges of an object's box apart.</summary>
    public virtual bool CanHold(AnnotatedObject marked, AnnotatedImage image) => true;

    /// <summary>
    /// Is told the data set's labels before the first picture, those that are known, as <see cref="LabelFor"/> gives them.
    /// </summary>
    public abstract void Begin(IReadOnlyList<string> labels);

    /// <summary>
    /// Writes a picture's annotations; boxes lie inside the picture, and labels are as <see cref="LabelFor"/> gives them.
    /// </summary>
    public abstract void Write(AnnotatedImage image);

    /// <summary>Writes what comes after the last picture.</summary>
    public virtual void Complete()
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes the files.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }
}
