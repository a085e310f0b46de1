using System.Globalization;

namespace PaliGemma.Tasks;

/// <summary><c>&lt;loc0000&gt;</c> to <c>&lt;loc1023&gt;</c>: places along an edge of the picture.</summary>
public static class LocationTokens
{
    /// <summary>How many there are.</summary>
    public const int Count = 1024;

    /// <summary>How many a box has: y1, x1, y2, x2.</summary>
    public const int PerBox = 4;

    /// <summary>Characters of a token's text.</summary>
    public const int Length = 9;

    /// <summary>The token's text.</summary>
    /// <param name="index">0 … 1023.</param>
    public static string Format(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        return string.Create(CultureInfo.InvariantCulture, $"<loc{index:D4}>");
    }

    /// <summary>A box's four tokens, as boxes were written for training.</summary>
    public static string Format(BoundingBox box) =>
        Format(Encode(box.Y1)) + Format(Encode(box.X1)) + Format(Encode(box.Y2)) + Format(Encode(box.X2));

    /// <summary>
    /// The number of the token for a place: round(v · 1023), halves to even (big_vision, pp/proj/paligemma/segmentation.py).
    /// </summary>
    /// <param name="place">A fraction of the picture; what lies outside of it is moved to its edge.</param>
    /// <exception cref="ArgumentException">The place is not a number.</exception>
    public static int Encode(float place) => float.IsNaN(place)
        ? throw new ArgumentException("A place in the picture is a number.", nameof(place))
        : (int)MathF.Round(Math.Clamp(place, 0, 1) * (Count - 1));

    /// <summary>The place that a token stands for, as a fraction of the picture.</summary>
    /// <param name="index">0 … 1023.</param>
    /// <param name="scale">What the number is divided by.</param>
    public static float Decode(int index, LocationScale scale = LocationScale.Over1023) =>
        index / (scale == LocationScale.Over1024 ? (float)Count : Count - 1);

    /// <summary>Reads a token that <paramref name="text"/> begins with; only the exact spelling is one.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out int index) => NumberedToken.TryParse(text, "<loc", Length, Count, out index);

    /// <summary>Whether there is a location token in <paramref name="text"/>.</summary>
    public static bool OccurIn(ReadOnlySpan<char> text)
    {
        for (int skipped; (skipped = text.IndexOf('<')) >= 0; text = text[(skipped + 1)..])
        {
            if (TryParse(text[skipped..], out _))
            {
                return true;
            }
        }
        return false;
    }
}
