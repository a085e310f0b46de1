namespace PaliGemma.Tasks;

/// <summary>The whole pixels of a picture that a box stands for.</summary>
internal readonly record struct MaskPlace(int X, int Y, int Width, int Height)
{
    /// <summary>Whether no pixel is left: the box has no height or width, or is upside down.</summary>
    public bool IsEmpty => Width <= 0 || Height <= 0;

    /// <summary>Every edge at the nearest pixel, halves to even.</summary>
    public static MaskPlace Rounded(BoundingBox box, int width, int height) => Of(box, width, height, Math.Round);

    /// <summary>Every edge at the pixel before it.</summary>
    public static MaskPlace Truncated(BoundingBox box, int width, int height) => Of(box, width, height, Math.Truncate);

    private static MaskPlace Of(BoundingBox box, int width, int height, Func<double, double> toPixel)
    {
        (int top, int left) = (Edge(box.Y1, height), Edge(box.X1, width));
        return new MaskPlace(left, top, Edge(box.X2, width) - left, Edge(box.Y2, height) - top);

        int Edge(float place, int length) => float.IsNaN(place) ? 0 : (int)toPixel(Math.Clamp(Exact(place), 0, 1) * length);
    }

    /// <summary>
    /// The place in float64. The reference divides location tokens in float64, and where k · length / 1023 is a whole number, the rounding
    /// of k / 1023 to float32 could move an edge by a pixel.
    /// </summary>
    private static double Exact(float place)
    {
        double token = Math.Round(place * (double)(LocationTokens.Count - 1));
        double exact = token / (LocationTokens.Count - 1);
        return (float)exact == place ? exact : place;
    }
}
