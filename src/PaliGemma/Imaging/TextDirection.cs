using System.Text;

namespace PaliGemma.Imaging;

/// <summary>
/// Which parts of a line run to the left. Of the bidirectional algorithm (Unicode, UAX 9) there is what labels need: parts of either
/// direction in a line of either direction, digits as text that runs to the right, and no explicit marks.
/// </summary>
internal static class TextDirection
{
    /// <summary>
    /// Whether each character runs to the left. What is neither letter nor digit goes with its neighbours if they agree, else with the
    /// line, which goes with its first letter.
    /// </summary>
    public static bool[] Of(string text)
    {
        bool?[] strong = new bool?[text.Length];
        int position = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            strong.AsSpan(position, rune.Utf16SequenceLength).Fill(IsLeftwards(rune));
            position += rune.Utf16SequenceLength;
        }
        bool line = Array.Find(strong, direction => direction is not null) ?? false;
        bool[] after = new bool[text.Length];
        bool neighbour = line;
        for (int i = text.Length - 1; i >= 0; i--)
        {
            after[i] = neighbour = strong[i] ?? neighbour;
        }
        bool[] directions = new bool[text.Length];
        neighbour = line;
        for (int i = 0; i < text.Length; i++)
        {
            neighbour = strong[i] ?? neighbour;
            directions[i] = neighbour == after[i] ? neighbour : line;
        }
        return directions;
    }

    /// <summary>The parts of a line from left to right as they are seen. A line goes with its first part.</summary>
    /// <param name="parts">In the order in which they are read.</param>
    /// <param name="isLeftwards">Whether a part runs to the left.</param>
    public static List<T> InVisualOrder<T>(List<T> parts, Predicate<T> isLeftwards)
    {
        bool line = parts.Count > 0 && isLeftwards(parts[0]);
        List<T> ordered = [];
        for (int start = 0; start < parts.Count;)
        {
            bool direction = isLeftwards(parts[start]);
            int end = parts.FindIndex(start, part => isLeftwards(part) != direction);
            end = end < 0 ? parts.Count : end;
            List<T> stretch = parts[start..end];
            if (direction)
            {
                stretch.Reverse();
            }
            ordered.InsertRange(line ? 0 : ordered.Count, stretch);
            start = end;
        }
        return ordered;
    }

    /// <summary>
    /// By the blocks that Unicode sets aside for scripts that run to the left; null for what has no direction of its own.
    /// </summary>
    private static bool? IsLeftwards(Rune rune) => rune.Value switch
    {
        (>= 0x0660 and <= 0x0669) or (>= 0x06F0 and <= 0x06F9) => false, // Arabic digits
        (>= 0x0590 and <= 0x08FF) or (>= 0xFB1D and <= 0xFDFF) or (>= 0xFE70 and <= 0xFEFE) => true,
        (>= 0x10800 and <= 0x10FFF) or (>= 0x1E800 and <= 0x1EFFF) => true,
        _ => Rune.IsLetterOrDigit(rune) ? false : null,
    };
}
