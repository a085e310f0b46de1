using SkiaSharp;

namespace PaliGemma.Data.Shapes;

/// <summary>The outlines of shapes.</summary>
internal static class ShapeOutline
{
    /// <summary>Width of a diamond and of a cross's arms, as parts of their height.</summary>
    private const float DiamondWidth = 0.64f, ArmWidth = 0.36f;

    /// <summary>Radius of a star's inner corners, as a part of that of its points.</summary>
    private const float StarWaist = 0.45f;

    /// <summary>The largest angle in degrees by which a shape is turned: a square turned by 45 would be nearly a diamond.</summary>
    public static float LargestTurn(ShapeKind kind) => kind is ShapeKind.Square or ShapeKind.Diamond ? 15 : 35;

    /// <summary>How much of each pixel of a square a shape covers that touches its four edges [side, side], 0 … 1.</summary>
    /// <param name="kind">The shape.</param>
    /// <param name="turn">Its turn as a part of <see cref="LargestTurn"/>, -1 … 1.</param>
    /// <param name="side">Pixels along an edge.</param>
    public static float[] Fill(ShapeKind kind, float turn, int side)
    {
        using SKPath outline = Create(kind, SKPoint.Empty, side, turn * LargestTurn(kind));
        SKRect bounds = outline.TightBounds;
        using SKBitmap bitmap = new(new SKImageInfo(side, side, SKColorType.Alpha8, SKAlphaType.Premul));
        using SKCanvas canvas = new(bitmap);
        canvas.Clear(SKColors.Transparent);
        canvas.Scale(side / bounds.Width, side / bounds.Height);
        canvas.Translate(-bounds.Left, -bounds.Top);
        using SKPaint paint = new() { Color = SKColors.Black, IsAntialias = true };
        canvas.DrawPath(outline, paint);
        float[] covered = new float[side * side];
        ReadOnlySpan<byte> pixels = bitmap.GetPixelSpan();
        for (int i = 0; i < covered.Length; i++)
        {
            covered[i] = pixels[(i / side * bitmap.RowBytes) + (i % side)] / 255f;
        }
        return covered;
    }

    /// <summary>A shape's outline.</summary>
    /// <param name="kind">The shape.</param>
    /// <param name="center">Its middle.</param>
    /// <param name="size">About its extent in pixels.</param>
    /// <param name="turn">By how many degrees it is turned.</param>
    public static SKPath Create(ShapeKind kind, SKPoint center, float size, float turn)
    {
        using SKPathBuilder builder = new();
        float radius = size / 2;
        switch (kind)
        {
            case ShapeKind.Circle:
                builder.AddCircle(center.X, center.Y, radius);
                return builder.Detach();
            case ShapeKind.Square:
                AddCorners([(-0.9f, -0.9f), (0.9f, -0.9f), (0.9f, 0.9f), (-0.9f, 0.9f)]);
                break;
            case ShapeKind.Triangle:
                AddCorners([(0, -0.95f), (1, 0.78f), (-1, 0.78f)]);
                break;
            case ShapeKind.Diamond:
                AddCorners([(0, -1), (DiamondWidth, 0), (0, 1), (-DiamondWidth, 0)]);
                break;
            case ShapeKind.Star:
                (float, float)[] star = new (float, float)[10];
                for (int i = 0; i < star.Length; i++)
                {
                    float angle = MathF.PI * i / 5;
                    float reach = i % 2 == 0 ? 1 : StarWaist;
                    star[i] = (reach * MathF.Sin(angle), -reach * MathF.Cos(angle));
                }
                AddCorners(star);
                break;
            default:
                const float A = ArmWidth;
                AddCorners([(-A, -1), (A, -1), (A, -A), (1, -A), (1, A), (A, A), (A, 1), (-A, 1), (-A, A), (-1, A), (-1, -A), (-A, -A)]);
                break;
        }
        return builder.Detach();

        void AddCorners(ReadOnlySpan<(float X, float Y)> corners)
        {
            (float sin, float cos) = MathF.SinCos(turn * MathF.PI / 180);
            SKPoint[] points = new SKPoint[corners.Length];
            for (int i = 0; i < points.Length; i++)
            {
                (float x, float y) = corners[i];
                points[i] = new SKPoint(center.X + (radius * ((x * cos) - (y * sin))), center.Y + (radius * ((x * sin) + (y * cos))));
            }
            builder.AddPoly(points, close: true);
        }
    }
}
