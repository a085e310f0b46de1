namespace PaliGemma.Tasks;

/// <summary>
/// A box as a fraction of the picture, in the order of the location tokens: y runs down, x to the right, both from 0 to 1.
/// </summary>
/// <param name="Y1">Top edge.</param>
/// <param name="X1">Left edge.</param>
/// <param name="Y2">Bottom edge.</param>
/// <param name="X2">Right edge.</param>
public readonly record struct BoundingBox(float Y1, float X1, float Y2, float X2)
{
    /// <summary>Height times width, as a fraction of the picture; 0 where an edge lies on the wrong side of the other.</summary>
    public float Area => Math.Max(Y2 - Y1, 0) * Math.Max(X2 - X1, 0);

    /// <summary>
    /// The area that both boxes cover as a fraction of the area that either covers, 0 … 1; it does not depend on the picture's size. Boxes
    /// without an area overlap only with themselves.
    /// </summary>
    public float IntersectionOverUnion(BoundingBox other)
    {
        float shared = new BoundingBox(Math.Max(Y1, other.Y1), Math.Max(X1, other.X1), Math.Min(Y2, other.Y2), Math.Min(X2, other.X2)).Area;
        float either = Area + other.Area - shared;
        return either > 0 ? shared / either : this == other ? 1 : 0;
    }

    /// <summary>The box in pixels of a picture.</summary>
    /// <param name="width">The picture's width in pixels.</param>
    /// <param name="height">The picture's height in pixels.</param>
    public PixelBox ToPixels(int width, int height) => new(Y1 * height, X1 * width, Y2 * height, X2 * width);
}
