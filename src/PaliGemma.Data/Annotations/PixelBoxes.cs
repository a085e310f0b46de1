using PaliGemma.Tasks;

namespace PaliGemma.Data.Annotations;

/// <summary>Smallest boxes around things.</summary>
internal static class PixelBoxes
{
    /// <summary>The box around points.</summary>
    /// <param name="points">x, y, x, y, …, in pixels; at least one point.</param>
    public static PixelBox Around(ReadOnlySpan<double> points)
    {
        (double top, double left, double bottom, double right) = (points[1], points[0], points[1], points[0]);
        for (int i = 2; i < points.Length; i += 2)
        {
            (left, right) = (Math.Min(left, points[i]), Math.Max(right, points[i]));
            (top, bottom) = (Math.Min(top, points[i + 1]), Math.Max(bottom, points[i + 1]));
        }
        return new PixelBox((float)top, (float)left, (float)bottom, (float)right);
    }

    /// <summary>The box around two boxes.</summary>
    public static PixelBox Around(PixelBox one, PixelBox other) =>
        new(Math.Min(one.Y1, other.Y1), Math.Min(one.X1, other.X1), Math.Max(one.Y2, other.Y2), Math.Max(one.X2, other.X2));
}
