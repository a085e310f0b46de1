using SkiaSharp;

namespace PaliGemma.Imaging;

/// <summary>Finds places for the plates of a picture: inside of it, at their boxes, and over each other as little as possible.</summary>
/// <param name="imageWidth">The picture's width in pixels.</param>
/// <param name="imageHeight">The picture's height in pixels.</param>
internal sealed class LabelPlacement(int imageWidth, int imageHeight)
{
    /// <summary>Lines along the box's height that are tried inside of it.</summary>
    private const int MostLines = 12;

    private readonly List<SKRect> _plates = [];

    /// <summary>Places a plate, in whole pixels.</summary>
    /// <param name="box">What it names.</param>
    /// <param name="width">Width of the plate; more than the picture has is cut off.</param>
    /// <param name="height">Height of the plate; more than the picture has is cut off.</param>
    /// <param name="line">Width of the box's outline.</param>
    public SKRect Place(SKRectI box, float width, float height, int line)
    {
        width = MathF.Ceiling(Math.Min(width, imageWidth));
        height = MathF.Ceiling(Math.Min(height, imageHeight));
        SKRect best = default;
        float least = float.PositiveInfinity;
        foreach (SKRect place in Places(box, width, height, line))
        {
            float covered = _plates.Sum(plate => Shared(plate, place));
            if (covered < least)
            {
                (best, least) = (place, covered);
            }
        }
        _plates.Add(best);
        return best;
    }

    /// <summary>
    /// The best places first: above the box, inside its top, below it, inside its bottom, each to the left and to the right; then further
    /// down inside. At least one lies in the picture.
    /// </summary>
    private IEnumerable<SKRect> Places(SKRectI box, float width, float height, int line)
    {
        float left = Math.Clamp(box.Left, 0, imageWidth - width);
        float right = Math.Clamp(box.Right - width, 0, imageWidth - width);
        float inside = box.Top + line;
        float[] tops =
        [
            box.Top - height, inside, box.Bottom, box.Bottom - line - height,
            .. Enumerable.Range(1, MostLines).Select(i => inside + (i * height)).Where(top => top < box.Bottom),
        ];
        return tops.Where(top => top >= 0 && top + height <= imageHeight)
            .Append(Math.Clamp(box.Top, 0, imageHeight - height))
            .SelectMany(top => new[] { SKRect.Create(left, top, width, height), SKRect.Create(right, top, width, height) });
    }

    private static float Shared(SKRect a, SKRect b)
    {
        float width = Math.Min(a.Right, b.Right) - Math.Max(a.Left, b.Left);
        float height = Math.Min(a.Bottom, b.Bottom) - Math.Max(a.Top, b.Top);
        return Math.Max(0, width) * Math.Max(0, height);
    }
}
