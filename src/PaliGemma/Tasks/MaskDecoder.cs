using PaliGemma.Kernels;

namespace PaliGemma.Tasks;

/// <summary>
/// Turns the sixteen codes of a mask into a picture of 64 x 64: the decoder of big_vision's VQ-VAE
/// (evaluators/proj/paligemma/transfers/segmentation.py), with the published weights <c>vae-oid.npz</c>. Safe for several threads.
/// </summary>
public sealed class MaskDecoder : IDisposable
{
    /// <summary>The name of the file of weights, in a model folder that has its own too.</summary>
    public const string FileName = "vae-oid.npz";

    /// <summary>Height and width of a decoded mask.</summary>
    public const int Side = 64;

    // Takes a few milliseconds: not worth threads of its own.
    private readonly WorkerPool _pool = new(1);
    private readonly MaskWeights _weights;
    private readonly float[] _codebook;
    private readonly Convolution _first;
    private readonly MaskResidualBlock[] _blocks;
    private readonly TransposedConvolution[] _enlarging;
    private readonly Convolution _last;

    private MaskDecoder(MaskWeights weights)
    {
        _weights = weights;
        _codebook = weights.Codebook();
        _first = weights.Convolution("decoder.0");
        _blocks = [weights.ResidualBlock("decoder.2"), weights.ResidualBlock("decoder.3")];
        _enlarging =
        [
            weights.TransposedConvolution("decoder.4"),
            weights.TransposedConvolution("decoder.6"),
            weights.TransposedConvolution("decoder.8"),
            weights.TransposedConvolution("decoder.10"),
        ];
        _last = weights.Convolution("decoder.12");
    }

    /// <summary>Loads the weights.</summary>
    /// <param name="path">The file <c>vae-oid.npz</c>.</param>
    /// <exception cref="ModelFileException">The file is missing, damaged or another one.</exception>
    public static MaskDecoder Load(string path)
    {
        MaskWeights weights = MaskWeights.Open(path);
        try
        {
            return new MaskDecoder(weights);
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    /// <summary>Decodes a mask.</summary>
    /// <param name="codes">Sixteen, each 0 … 127, row by row of a grid of 4 x 4.</param>
    /// <returns>
    /// [<see cref="Side"/>, <see cref="Side"/>], about -1 outside of the thing and 1 inside; <see cref="InstanceMask.Place"/> brings it into
    /// a picture.
    /// </returns>
    /// <exception cref="ArgumentException">There are not sixteen codes, or one is out of its range.</exception>
    public float[] Decode(IReadOnlyList<int> codes)
    {
        ArgumentNullException.ThrowIfNull(codes);
        if (codes.Count != SegmentationTokens.PerMask || codes.Any(code => code is < 0 or >= SegmentationTokens.Count))
        {
            throw new ArgumentException(
                $"A mask has {SegmentationTokens.PerMask} codes from 0 to {SegmentationTokens.Count - 1}, not {string.Join(", ", codes)}.",
                nameof(codes));
        }
        float[] x = new float[codes.Count * MaskWeights.CodeLength];
        for (int i = 0; i < codes.Count; i++)
        {
            _codebook.AsSpan(codes[i] * MaskWeights.CodeLength, MaskWeights.CodeLength).CopyTo(x.AsSpan(i * MaskWeights.CodeLength));
        }
        int side = MaskWeights.GridSide;
        x = _first.Apply(x, side, side, _pool);
        Relu.Apply(x);
        foreach (MaskResidualBlock block in _blocks)
        {
            x = block.Apply(x, side, _pool);
        }
        foreach (TransposedConvolution enlarge in _enlarging)
        {
            x = enlarge.Apply(x, side, side, _pool);
            Relu.Apply(x);
            side = enlarge.OutputExtent(side);
        }
        return _last.Apply(x, side, side, _pool);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _weights.Dispose();
        _pool.Dispose();
    }
}
