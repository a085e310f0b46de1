using System.Text;

namespace PaliGemma.Tasks;

/// <summary>
/// How objects are written, in answers and in training data: four location tokens, sixteen segmentation tokens if there is a mask, a space
/// and the label if there is one; objects are separated by <c> ; </c>.
/// </summary>
public static class ObjectText
{
    /// <summary>Stands between two objects.</summary>
    public const string Separator = " ; ";

    /// <summary>Writes one object.</summary>
    /// <param name="label">Empty for none.</param>
    /// <param name="box">As a fraction of the picture.</param>
    /// <param name="maskCodes">Sixteen, or null for a box alone.</param>
    /// <exception cref="ArgumentException">The label or the codes cannot be written, see <see cref="CheckLabel"/>.</exception>
    public static string Format(string label, BoundingBox box, IReadOnlyList<int>? maskCodes = null)
    {
        ArgumentNullException.ThrowIfNull(label);
        StringBuilder text = new(LocationTokens.Format(box));
        if (maskCodes is not null)
        {
            text.Append(SegmentationTokens.Format(maskCodes));
        }
        return label.Length == 0 ? text.ToString() : text.Append(' ').Append(CheckLabel(label)).ToString();
    }

    /// <summary>Writes several objects.</summary>
    /// <exception cref="ArgumentException">A label or codes cannot be written.</exception>
    public static string Format(IEnumerable<DetectedObject> objects)
    {
        ArgumentNullException.ThrowIfNull(objects);
        return string.Join(Separator, objects.Select(found => Format(found.Label, found.Box, found.MaskCodes)));
    }

    /// <summary>
    /// Returns a label that can be written and read back. Any script and punctuation can; a semicolon can stand inside, and at the end
    /// after something else than white space.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// The label is empty, has white space at an end, reads as a separator, or contains location or segmentation tokens.
    /// </exception>
    public static string CheckLabel(string label)
    {
        ArgumentNullException.ThrowIfNull(label);
        return LabelFault(label) is string fault ? throw new ArgumentException(fault, nameof(label)) : label;
    }

    /// <summary>Whether <paramref name="text"/> is, to the letter, as objects are written; an answer with no object is empty.</summary>
    public static bool IsWellFormed(string text)
    {
        TaskOutput output = TaskOutputParser.ParseObjects(text, 1, 1);
        return output.Problems.Count == 0 && Format(output.Objects) == text;
    }

    /// <summary>Why a label cannot be written, in a sentence; null if it can.</summary>
    internal static string? LabelFault(string label)
    {
        if (label.Length == 0 || label.AsSpan().Trim().Length != label.Length)
        {
            return $"The label '{label}' is empty or has white space at an end.";
        }
        if (label[0] == ';' || (label[^1] == ';' && char.IsWhiteSpace(label[^2])))
        {
            return $"The label '{label}' begins or ends like the separator '{Separator}'.";
        }
        for (int i = 0; i < label.Length; i++)
        {
            if (LocationTokens.TryParse(label.AsSpan(i), out _) || SegmentationTokens.TryParse(label.AsSpan(i), out _))
            {
                return $"The label '{label}' contains a location or segmentation token.";
            }
        }
        return null;
    }
}
