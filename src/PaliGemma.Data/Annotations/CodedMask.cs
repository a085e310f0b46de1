using PaliGemma.Tasks;

namespace PaliGemma.Data.Annotations;

/// <summary>A shape as PaliGemma's sixteen codes; they are decoded when the shape is asked for.</summary>
/// <param name="codes">Sixteen codes, 0 … 127.</param>
/// <param name="box">The object's box as a fraction of the picture.</param>
/// <param name="width">The picture's width in pixels.</param>
/// <param name="height">The picture's height in pixels.</param>
/// <param name="decoder">Null if codes are only passed on.</param>
public sealed class CodedMask(IReadOnlyList<int> codes, BoundingBox box, int width, int height, MaskDecoder? decoder) : ObjectMask
{
    /// <summary>Sixteen codes, 0 … 127, row by row of a grid of 4 x 4.</summary>
    public IReadOnlyList<int> Codes => codes;

    /// <summary>Codes are not decoded for it: a decoder may not be there.</summary>
    internal override bool IsEmpty => false;

    private protected override RunLengthEncoding Fill() => decoder is null
        ? throw new ModelFileException("A shape is written as codes, and there is no decoder; expected vae-oid.npz (--mask-decoder).")
        : InstanceMask.Place(decoder.Decode(codes), box, width, height, MaskResize.SharpBilinear).ToRunLengths();
}
