namespace PaliGemma.Tasks;

/// <summary>
/// A box in pixels of the original picture. Edges lie between pixels: the whole picture is 0, 0, height, width. The model sees the picture
/// squashed to a square without a border, so heights and widths scale on their own.
/// </summary>
/// <param name="Y1">Top edge.</param>
/// <param name="X1">Left edge.</param>
/// <param name="Y2">Bottom edge.</param>
/// <param name="X2">Right edge.</param>
public readonly record struct PixelBox(float Y1, float X1, float Y2, float X2)
{
    /// <summary>Bottom less top edge.</summary>
    public float Height => Y2 - Y1;

    /// <summary>Right less left edge.</summary>
    public float Width => X2 - X1;

    /// <summary>The box as a fraction of the picture.</summary>
    /// <param name="width">The picture's width in pixels, at least 1.</param>
    /// <param name="height">The picture's height in pixels, at least 1.</param>
    public BoundingBox ToNormalized(int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        return new BoundingBox(Y1 / height, X1 / width, Y2 / height, X2 / width);
    }
}
