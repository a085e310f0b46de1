using System.Numerics;
using PaliGemma.Kernels.Formats;
using PaliGemma.Kernels.Simd;

namespace PaliGemma.Kernels.Products;

/// <summary>
/// The products of a matrix of 4-bit codes with one scale per block. Where blocks and rows fit together, codes are multiplied as integers; else
/// rows are decoded to float32 first.
/// </summary>
/// <param name="codes">Two codes per byte, the first one in its upper half.</param>
/// <param name="scales">One per block, over all rows one after another.</param>
/// <param name="rows">Output width.</param>
/// <param name="columns">Input width.</param>
/// <param name="rowElements">Codes from one row to the next.</param>
/// <param name="blockSize">Codes per block.</param>
internal sealed unsafe class FourBitProduct<TCode>(MemoryRegion codes, BlockScales scales, int rows, int columns, int rowElements, int blockSize)
    : IPanelSource
    where TCode : IFourBitCode
{
    /// <summary>The usual length of a block, and the shortest segment that is worth scaling by itself. Segments are powers of two between them.</summary>
    private const int LongestSegment = 64;
    private const int ShortestSegment = 16;

    private readonly MemoryRegion _codes = codes.Slice(0, (((long)rows * rowElements) + 1) / 2);
    private readonly BlockScales _scales = CheckCount(scales, (((long)rows * rowElements) + blockSize - 1) / blockSize);

    public int Rows => rows;

    public int Depth => columns;

    public int SegmentDepth => PanelProduct<FourBitProduct<TCode>>.BlockDepth;

    public IReadOnlyList<MemoryRegion> Regions => [_codes, _scales.Region];

    private byte* Codes => _codes.Pointer;

    private static bool AsQuads => typeof(TCode) == typeof(Int4Code);

    /// <summary>Elements that lie in one block of one row wherever they begin at a multiple of their number.</summary>
    private int Segment => (int)BigInteger.GreatestCommonDivisor(BigInteger.GreatestCommonDivisor(rowElements, blockSize), LongestSegment);

    private FourBitDot<TCode>? Dot =>
        rowElements % blockSize == 0 && blockSize is 32 or 64 ? new(Codes, rowElements / 2, _scales, blockSize) : null;

    public void Multiply(ReadOnlySpan<float> x, int tokens, Span<float> y, WorkerPool pool)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(x.Length, checked(tokens * columns), nameof(x));
        ArgumentOutOfRangeException.ThrowIfNotEqual(y.Length, checked(tokens * rows), nameof(y));
        fixed (float* input = x, output = y)
        {
            if (tokens > DotProduct.MostTokens)
            {
                MultiplyMany(input, tokens, output, pool);
            }
            else
            {
                MultiplyFew(input, tokens, output, pool);
            }
        }
    }

    public void MultiplyRows(ReadOnlySpan<float> x, ReadOnlySpan<int> chosen, Span<float> y, WorkerPool pool)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(x.Length, columns, nameof(x));
        ArgumentOutOfRangeException.ThrowIfNotEqual(y.Length, chosen.Length, nameof(y));
        foreach (int row in chosen)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)rows, nameof(chosen));
        }
        FourBitDot<TCode>? dot = Dot;
        fixed (float* input = x, output = y)
        fixed (int* indices = chosen)
        {
            float* source = input;
            float* target = output;
            int* row = indices;
            float* factors = Scratch.Floats(Scratch.Purpose.Factors, 1);
            short* prepared = dot is null ? null : dot.Prepare(input, 1, columns, factors, pool);
            pool.ForRanges(chosen.Length, 1, (start, end) =>
            {
                for (int i = start; i < end; i++)
                {
                    if (dot is null)
                    {
                        DecodedRows(row[i], 1, source, 1, target + i);
                    }
                    else
                    {
                        dot.Rows(row[i], 1, prepared, factors, 1, target + i, 1);
                    }
                }
            });
        }
    }

    public void CopyRow(int row, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)rows, nameof(row));
        ArgumentOutOfRangeException.ThrowIfNotEqual(destination.Length, columns, nameof(destination));
        long element = (long)row * rowElements;
        Span<float> scale = stackalloc float[1];
        for (int i = 0; i < columns;)
        {
            int end = (int)Math.Min(columns, i + blockSize - ((element + i) % blockSize));
            _scales.Read((element + i) / blockSize, scale);
            for (; i < end; i++)
            {
                byte pair = Codes[(element + i) / 2];
                destination[i] = TCode.Values[(element + i) % 2 == 0 ? pair >> 4 : pair & 15] * scale[0];
            }
        }
    }

    public void Unpack(int row, int count, int word, int depth, float* panel, int stride)
    {
        float* decoded = Scratch.Floats(Scratch.Purpose.Decoded, (long)count * columns);
        for (int r = 0; r < count; r++)
        {
            CopyRow(row + r, new Span<float>(decoded + ((long)r * columns), columns));
        }
        Panel.Transpose<Float32Element, float>(decoded + word, columns, count, depth, panel, stride);
    }

    public void Prefetch(int row, int count, int word, int depth, int part, int parts)
    {
        // Decoding takes far longer than reading.
    }

    public void Store(float* sums, int token, int row, int count, float* y) =>
        new ReadOnlySpan<float>(sums, count).CopyTo(new Span<float>(y + ((long)token * rows) + row, count));

    private static BlockScales CheckCount(BlockScales scales, long blocks)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(scales.Count, blocks, nameof(scales));
        return scales;
    }

    private void MultiplyFew(float* x, int tokens, float* y, WorkerPool pool)
    {
        FourBitDot<TCode>? dot = Dot;
        float* factors = Scratch.Floats(Scratch.Purpose.Factors, tokens);
        short* prepared = dot is null ? null : dot.Prepare(x, tokens, columns, factors, pool);
        int taskRows = DotProduct.TaskRows((rowElements + 1) / 2);
        pool.For((rows + taskRows - 1) / taskRows, task =>
        {
            int start = task * taskRows;
            int count = Math.Min(taskRows, rows - start);
            if (dot is null)
            {
                DecodedRows(start, count, x, tokens, y + start);
            }
            else
            {
                dot.Rows(start, count, prepared, factors, tokens, y + start, rows);
            }
        });
    }

    private void DecodedRows(int start, int count, float* x, int tokens, float* y)
    {
        float* decoded = Scratch.Floats(Scratch.Purpose.Decoded, columns);
        for (int r = 0; r < count; r++)
        {
            CopyRow(start + r, new Span<float>(decoded, columns));
            DotProduct.Rows<Float32Element, float>(decoded, columns, 1, x, tokens, y + r, rows);
        }
    }

    private void MultiplyMany(float* x, int tokens, float* y, WorkerPool pool)
    {
        if (AsQuads)
        {
            float* quads = Words(tokens, QuantizedActivations.QuadSegment);
            QuantizedActivations.ToQuads(x, tokens, columns, quads, pool);
            PanelProduct<FourBitPanels<FourBitQuad>>.Multiply<QuadLanes512, QuadLanes256, QuadLanes128>(
                new FourBitPanels<FourBitQuad>(Codes, _scales, rows, rowElements, QuantizedActivations.QuadSegment, blockSize, 1),
                quads,
                tokens,
                y,
                pool);
        }
        else if (Segment >= ShortestSegment)
        {
            float* bytes = Words(tokens, Segment);
            QuantizedActivations.ToNarrowBytes(x, tokens, columns, Segment, bytes, pool);
            PanelProduct<FourBitPanels<FourBitLevels<TCode>>>.Multiply<ByteLanes512, ByteLanes256, ByteLanes128>(
                new FourBitPanels<FourBitLevels<TCode>>(Codes, _scales, rows, rowElements, Segment, blockSize, FourBitTable<TCode>.LevelUnit),
                bytes,
                tokens,
                y,
                pool);
        }
        else
        {
            PanelProduct<FourBitProduct<TCode>>.Multiply(this, x, tokens, y, pool);
        }
    }

    private float* Words(int tokens, int segment) => Scratch.Floats(
        Scratch.Purpose.Words, (long)tokens * (rowElements / segment) * QuantizedActivations.SegmentWords(segment));
}
