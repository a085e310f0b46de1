using System.Text;
using PaliGemma.Tasks;

namespace PaliGemma.Training.Data;

/// <summary>Finds and replaces boxes, four location tokens in a row, in prompts and answers.</summary>
internal static class BoxText
{
    private const int BoxLength = LocationTokens.PerBox * LocationTokens.Length;

    /// <summary>The boxes of a text, in order.</summary>
    public static List<BoundingBox> Find(string text)
    {
        List<BoundingBox> boxes = [];
        Map(text, box =>
        {
            boxes.Add(box);
            return box;
        });
        return boxes;
    }

    /// <summary>The text with every box replaced.</summary>
    public static string Map(string text, Func<BoundingBox, BoundingBox> map)
    {
        StringBuilder result = new();
        ReadOnlySpan<char> rest = text;
        while (!rest.IsEmpty)
        {
            if (TryRead(rest, out BoundingBox box))
            {
                result.Append(LocationTokens.Format(map(box)));
                rest = rest[BoxLength..];
            }
            else
            {
                result.Append(rest[0]);
                rest = rest[1..];
            }
        }
        return result.ToString();
    }

    private static bool TryRead(ReadOnlySpan<char> text, out BoundingBox box)
    {
        Span<float> places = stackalloc float[LocationTokens.PerBox];
        for (int i = 0; i < places.Length; i++)
        {
            int start = i * LocationTokens.Length;
            if (start > text.Length || !LocationTokens.TryParse(text[start..], out int index))
            {
                box = default;
                return false;
            }
            places[i] = LocationTokens.Decode(index);
        }
        box = new BoundingBox(places[0], places[1], places[2], places[3]);
        return true;
    }
}
