using System.Text;

namespace PaliGemma.Data.Annotations;

/// <summary>Writes annotations picture by picture.</summary>
public abstract class AnnotationWriter : IDisposable
{
    private protected AnnotationWriter()
    {
    }

    /// <summary>Whether the format can say that an object is a crowd.</summary>
    internal virtual bool KeepsCrowds => false;

    /// <summary>The label as the format can hold it: on one line, without control characters; null if nothing is left of it.</summary>
    internal virtual string? LabelFor(string label)
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
    internal virtual bool CanHold(AnnotatedObject marked, AnnotatedImage image) => true;

    /// <summary>Is told the labels before the first picture, those that are known; the others are numbered after them.</summary>
    public abstract void Begin(IReadOnlyList<string> labels);

    /// <summary>Writes a picture's annotations.</summary>
    /// <param name="image">Boxes lie inside the picture, and labels stand on one line.</param>
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
