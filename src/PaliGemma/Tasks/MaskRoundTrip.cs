namespace PaliGemma.Tasks;

/// <summary>What becomes of a mask that is written as training data and read back.</summary>
/// <param name="Box">The smallest box around the mask, as its four location tokens give it back.</param>
/// <param name="Codes">The mask's sixteen codes.</param>
/// <param name="Mask">The mask that box and codes are decoded to.</param>
/// <param name="IntersectionOverUnion">How well it agrees with the mask that was encoded, 0 … 1.</param>
public sealed record MaskRoundTrip(BoundingBox Box, IReadOnlyList<int> Codes, InstanceMask Mask, double IntersectionOverUnion)
{
    /// <summary>Encodes a picture's mask and decodes it again.</summary>
    /// <param name="pixels">[height, width]: whether a pixel belongs to the thing.</param>
    /// <param name="width">The picture's width in pixels.</param>
    /// <param name="height">The picture's height in pixels.</param>
    /// <param name="encoder">Of the same weights as the decoder.</param>
    /// <param name="decoder">Of the same weights as the encoder.</param>
    /// <param name="resize">How the decoded mask is brought into its box.</param>
    /// <exception cref="ArgumentException">No pixel belongs to the thing, or the mask is not as large as the picture.</exception>
    public static MaskRoundTrip Run(
        ReadOnlySpan<bool> pixels,
        int width,
        int height,
        MaskEncoder encoder,
        MaskDecoder decoder,
        MaskResize resize = MaskResize.SharpBilinear)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentNullException.ThrowIfNull(decoder);
        InstanceMask original = InstanceMask.FromPicture(pixels, width, height);
        if (original.Area == 0)
        {
            throw new ArgumentException("The mask is empty, and there is no box around nothing.", nameof(pixels));
        }
        BoundingBox box = original.Box;
        int[] codes = encoder.Encode(pixels, width, height, box);
        BoundingBox written = new(Written(box.Y1), Written(box.X1), Written(box.Y2), Written(box.X2));
        InstanceMask mask = InstanceMask.Place(decoder.Decode(codes), written, width, height, resize);
        return new MaskRoundTrip(written, codes, mask, original.IntersectionOverUnion(mask));
    }

    private static float Written(float place) => LocationTokens.Decode(LocationTokens.Encode(place));
}
