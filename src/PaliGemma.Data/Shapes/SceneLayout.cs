using PaliGemma.Tasks;
using SkiaSharp;

namespace PaliGemma.Data.Shapes;

/// <summary>What stands where in a scene that is not yet painted.</summary>
/// <param name="width">The picture's width in pixels.</param>
/// <param name="height">The picture's height in pixels.</param>
/// <param name="background">What lies behind all.</param>
internal sealed class SceneLayout(int width, int height, SceneBackground background)
{
    public int Width { get; } = width;

    public int Height { get; } = height;

    public SceneBackground Background { get; } = background;

    /// <summary>In the order of painting.</summary>
    public List<PlacedShape> Shapes { get; } = [];

    public List<PlacedWord> Words { get; } = [];

    /// <summary>Whether a place lies in the picture, one pixel from its edges.</summary>
    public bool Contains(SKRect place) => place.Left >= 1 && place.Top >= 1 && place.Right <= Width - 1 && place.Bottom <= Height - 1;

    /// <summary>
    /// Whether a place has at most a part of it, or of what it overlaps, in common with anything; words are never touched.
    /// </summary>
    public bool IsFree(SKRect place, float mostOverlap) =>
        Shapes.TrueForAll(shape => Overlap(shape.Bounds, place) <= mostOverlap) && Words.TrueForAll(word => Overlap(word.Bounds, place) == 0);

    /// <summary>The area that both cover, as a part of the smaller one.</summary>
    private static float Overlap(SKRect a, SKRect b)
    {
        float width = Math.Min(a.Right, b.Right) - Math.Max(a.Left, b.Left);
        float height = Math.Min(a.Bottom, b.Bottom) - Math.Max(a.Top, b.Top);
        return width <= 0 || height <= 0 ? 0 : width * height / Math.Min(a.Width * a.Height, b.Width * b.Height);
    }
}

/// <summary>A shape with its place.</summary>
internal sealed record PlacedShape(ShapeKind Kind, ShapeColor Color, float Turn, SKPath Outline)
{
    public SKRect Bounds { get; } = Outline.TightBounds;
}

/// <summary>A word with its place.</summary>
/// <param name="Text">The word.</param>
/// <param name="Typeface">Its font.</param>
/// <param name="FontSize">In pixels.</param>
/// <param name="Color">Its colour.</param>
/// <param name="Origin">The left end of its base line.</param>
/// <param name="Bounds">Around its letters, before a slight turn.</param>
internal sealed record PlacedWord(string Text, SKTypeface Typeface, float FontSize, ShapeColor Color, SKPoint Origin, SKRect Bounds)
{
    /// <summary>Puts a word anywhere.</summary>
    public static PlacedWord Create(
        string text, SKTypeface typeface, float fontSize, ShapeColor color, ref SceneRandom random, SceneLayout layout)
    {
        using SKFont font = new(typeface, fontSize);
        font.MeasureText(text, out SKRect bounds);
        SKPoint origin = new(
            random.Between(1 - bounds.Left, layout.Width - 1 - bounds.Right),
            random.Between(1 - bounds.Top, layout.Height - 1 - bounds.Bottom));
        bounds.Offset(origin);
        return new PlacedWord(text, typeface, fontSize, color, origin, bounds);
    }

    public SceneWord ToWord(int width, int height)
    {
        using SKFont font = new(Typeface, FontSize);
        return new SceneWord(
            Text,
            new BoundingBox(Bounds.Top / height, Bounds.Left / width, Bounds.Bottom / height, Bounds.Right / width),
            [.. Enumerable.Range(1, Text.Length).Select(length => (Origin.X + font.MeasureText(Text.AsSpan(0, length))) / width)]);
    }
}
