using PaliGemma.Kernels.Products;

namespace PaliGemma.Kernels.Formats;

/// <summary>
/// Weights in bitsandbytes' FP4: sign, exponent and one bit of fraction. Less accurate than NF4; here for the checkpoints that use it.
/// Blocks run over the flattened matrix, so that they may cross from one row into the next.
/// </summary>
/// <remarks>
/// Up to seven tokens are rounded to 15 bits, with one factor per token, and multiplied by the format's values in 12 bits. More are rounded to 7 bits, with one factor per
/// token and segment (64 elements where rows are whole blocks), and multiplied by the values in 8 bits.
/// </remarks>
public sealed class Fp4Matrix : WeightMatrix
{
    private readonly FourBitProduct<Fp4Code> _product;

    /// <summary>Uses weights where they lie.</summary>
    /// <param name="codes">Half a byte per element, row-major; the first of a byte's two elements is in its upper half.</param>
    /// <param name="absmax">The largest magnitude of each block.</param>
    /// <param name="rows">Output width.</param>
    /// <param name="columns">Input width.</param>
    /// <param name="blockSize">Elements per block; bitsandbytes writes 64.</param>
    public Fp4Matrix(MemoryRegion codes, BlockScales absmax, int rows, int columns, int blockSize)
        : base(rows, columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(blockSize);
        _product = new FourBitProduct<Fp4Code>(codes, absmax, rows, columns, columns, blockSize);
    }

    /// <summary>The value of each code, as a fraction of its block's largest magnitude.</summary>
    public static ReadOnlySpan<float> Values => Fp4Code.Values;

    /// <inheritdoc/>
    public override IReadOnlyList<MemoryRegion> Regions => _product.Regions;

    /// <summary>Quantises values as bitsandbytes does: each to the nearest of the sixteen, by its published decision boundaries.</summary>
    /// <param name="values">Whole blocks, or the end of a matrix.</param>
    /// <param name="blockSize">Values per block; even.</param>
    /// <param name="codes">Half as many bytes, rounded up.</param>
    /// <param name="absmax">One per block.</param>
    public static void Pack(ReadOnlySpan<float> values, int blockSize, Span<byte> codes, Span<float> absmax) =>
        AbsmaxBlocks.Pack<Fp4Code>(values, blockSize, codes, absmax);

    /// <inheritdoc/>
    public override void Multiply(ReadOnlySpan<float> x, int tokens, Span<float> y, WorkerPool pool) => _product.Multiply(x, tokens, y, pool);

    /// <inheritdoc/>
    public override void MultiplyRows(ReadOnlySpan<float> x, ReadOnlySpan<int> rows, Span<float> y, WorkerPool pool) =>
        _product.MultiplyRows(x, rows, y, pool);

    /// <inheritdoc/>
    public override void CopyRow(int row, Span<float> destination) => _product.CopyRow(row, destination);
}
