using PaliGemma.Kernels.Products;

namespace PaliGemma.Kernels.Formats;

/// <summary>
/// Weights in 4-bit integers, in blocks of 32 along a row with one bfloat16 scale: W = (code - 8) · scale. Made for speed: integers are multiplied without a
/// table, 32 of them before the sum is scaled. Rows are filled up to whole blocks.
/// </summary>
/// <remarks>
/// Up to seven tokens are rounded to 15 bits, with one factor per token; more are rounded to 8 bits, with one factor per token and block.
/// </remarks>
public sealed class Int4Matrix : WeightMatrix
{
    /// <summary>Elements per block.</summary>
    public const int BlockSize = QuantizedActivations.QuadSegment;

    private readonly FourBitProduct<Int4Code> _product;

    /// <summary>Uses weights where they lie.</summary>
    /// <param name="codes">[rows, blocks, 16]: the first of a byte's two elements is in its upper half.</param>
    /// <param name="scales">bfloat16 [rows, blocks].</param>
    /// <param name="rows">Output width.</param>
    /// <param name="columns">Input width.</param>
    public Int4Matrix(MemoryRegion codes, MemoryRegion scales, int rows, int columns)
        : base(rows, columns)
    {
        long blocks = (long)rows * BlocksPerRow(columns);
        _product = new FourBitProduct<Int4Code>(
            codes, new BFloat16Scales(scales.Slice(0, blocks * sizeof(ushort))), rows, columns, BlocksPerRow(columns) * BlockSize, BlockSize);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<MemoryRegion> Regions => _product.Regions;

    /// <summary>Blocks of a row of <paramref name="columns"/> elements.</summary>
    public static int BlocksPerRow(int columns) => (columns + BlockSize - 1) / BlockSize;

    /// <summary>
    /// Quantises one row: the element of largest magnitude becomes -8 times the scale. A block with an element that is not a number is none.
    /// </summary>
    /// <param name="values">The row.</param>
    /// <param name="codes">16 bytes per block.</param>
    /// <param name="scales">bfloat16, one per block.</param>
    public static void Pack(ReadOnlySpan<float> values, Span<byte> codes, Span<ushort> scales)
    {
        Span<float> block = stackalloc float[BlockSize];
        for (int start = 0, index = 0; start < values.Length; start += BlockSize, index++)
        {
            ReadOnlySpan<float> some = values[start..Math.Min(values.Length, start + BlockSize)];
            block.Clear();
            some.CopyTo(block);
            float largest = 0;
            foreach (float value in some)
            {
                if (float.IsNaN(value))
                {
                    // Every comparison with it would say no: it would become a number like any other.
                    largest = float.NaN;
                    break;
                }
                largest = Math.Abs(value) > Math.Abs(largest) ? value : largest;
            }
            uint bits = BitConverter.SingleToUInt32Bits(largest / -8);
            scales[index] = (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
            float scale = BitConverter.UInt32BitsToSingle((uint)scales[index] << 16);
            FourBitPacking<Int4Code>.Pack(block, scale == 0 ? 0 : 1 / scale, codes.Slice(index * BlockSize / 2, BlockSize / 2));
        }
    }

    /// <inheritdoc/>
    public override void Multiply(ReadOnlySpan<float> x, int tokens, Span<float> y, WorkerPool pool) => _product.Multiply(x, tokens, y, pool);

    /// <inheritdoc/>
    public override void MultiplyRows(ReadOnlySpan<float> x, ReadOnlySpan<int> rows, Span<float> y, WorkerPool pool) =>
        _product.MultiplyRows(x, rows, y, pool);

    /// <inheritdoc/>
    public override void CopyRow(int row, Span<float> destination) => _product.CopyRow(row, destination);
}
