using PaliGemma.Imaging;
using PaliGemma.Kernels;

namespace PaliGemma.Tasks;

/// <summary>
/// Turns masks into sixteen codes, as training data has them: the encoder of big_vision's VQ-VAE, with the published weights
/// <c>vae-oid.npz</c>. Safe for several threads.
/// </summary>
public sealed class MaskEncoder : IDisposable
{
    // Takes a few milliseconds: not worth threads of its own.
    private readonly WorkerPool _pool = new(1);
    private readonly MaskWeights _weights;
    private readonly float[] _codebook;
    private readonly Convolution[] _shrinking;
    private readonly MaskResidualBlock[] _blocks;
    private readonly Convolution _last;

    private MaskEncoder(MaskWeights weights)
    {
        _weights = weights;
        _codebook = weights.Codebook();
        _shrinking =
        [
            weights.Convolution("encoder.0", stride: 2),
            weights.Convolution("encoder.2", stride: 2),
            weights.Convolution("encoder.4", stride: 2),
            weights.Convolution("encoder.6", stride: 2),
        ];
        _blocks = [weights.ResidualBlock("encoder.8"), weights.ResidualBlock("encoder.9")];
        _last = weights.Convolution("encoder.10");
    }

    /// <summary>Loads the weights.</summary>
    /// <param name="path">The file <c>vae-oid.npz</c>.</param>
    /// <exception cref="ModelFileException">The file is missing, damaged or another one.</exception>
    public static MaskEncoder Load(string path)
    {
        MaskWeights weights = MaskWeights.Open(path);
        try
        {
            return new MaskEncoder(weights);
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    /// <summary>Encodes the part of a picture's mask that lies in a box.</summary>
    /// <param name="mask">[height, width]: whether a pixel belongs to the thing.</param>
    /// <param name="width">The picture's width in pixels.</param>
    /// <param name="height">The picture's height in pixels.</param>
    /// <param name="box">
    /// As a fraction of the picture. It is rounded to pixels, and its content resized to 64 x 64, bilinearly and with antialias.
    /// </param>
    /// <returns>Sixteen codes, each 0 … 127, row by row of a grid of 4 x 4.</returns>
    /// <exception cref="ArgumentException">The mask is not as large as the picture, or no pixel is left of the rounded box.</exception>
    public int[] Encode(ReadOnlySpan<bool> mask, int width, int height, BoundingBox box)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(mask.Length, (long)width * height, nameof(mask));
        MaskPlace place = MaskPlace.Rounded(box, width, height);
        if (place.IsEmpty)
        {
            throw new ArgumentException($"The box {box} covers no pixel of a {width} x {height} picture.", nameof(box));
        }
        float[] crop = new float[place.Width * place.Height];
        for (int y = 0; y < place.Height; y++)
        {
            ReadOnlySpan<bool> row = mask.Slice(((place.Y + y) * width) + place.X, place.Width);
            for (int x = 0; x < row.Length; x++)
            {
                crop[(y * place.Width) + x] = row[x] ? 1 : 0;
            }
        }
        return Encode(BilinearResampler.Resize(crop, place.Width, place.Height, MaskDecoder.Side, MaskDecoder.Side));
    }

    /// <summary>Encodes a mask.</summary>
    /// <param name="mask">
    /// [<see cref="MaskDecoder.Side"/>, <see cref="MaskDecoder.Side"/>], 0 outside of the thing and 1 inside.
    /// </param>
    /// <returns>Sixteen codes, each 0 … 127, row by row of a grid of 4 x 4.</returns>
    public int[] Encode(ReadOnlySpan<float> mask)
    {
        int side = MaskDecoder.Side;
        ArgumentOutOfRangeException.ThrowIfNotEqual(mask.Length, side * side, nameof(mask));
        float[] x = new float[mask.Length];
        for (int i = 0; i < x.Length; i++)
        {
            x[i] = (2 * mask[i]) - 1;
        }
        foreach (Convolution shrink in _shrinking)
        {
            x = shrink.Apply(x, side, side, _pool);
            Relu.Apply(x);
            side = shrink.OutputExtent(side);
        }
        foreach (MaskResidualBlock block in _blocks)
        {
            x = block.Apply(x, side, _pool);
        }
        x = _last.Apply(x, side, side, _pool);
        int[] codes = new int[SegmentationTokens.PerMask];
        for (int i = 0; i < codes.Length; i++)
        {
            codes[i] = Nearest(x.AsSpan(i * MaskWeights.CodeLength, MaskWeights.CodeLength));
        }
        return codes;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _weights.Dispose();
        _pool.Dispose();
    }

    /// <summary>The code at the smallest distance; the first of several.</summary>
    private int Nearest(ReadOnlySpan<float> vector)
    {
        int nearest = 0;
        double smallest = double.PositiveInfinity;
        for (int code = 0; code < SegmentationTokens.Count; code++)
        {
            double distance = 0;
            ReadOnlySpan<float> entry = _codebook.AsSpan(code * MaskWeights.CodeLength, MaskWeights.CodeLength);
            for (int i = 0; i < entry.Length; i++)
            {
                double difference = (double)vector[i] - entry[i];
                distance += difference * difference;
            }
            if (distance < smallest)
            {
                (nearest, smallest) = (code, distance);
            }
        }
        return nearest;
    }
}
