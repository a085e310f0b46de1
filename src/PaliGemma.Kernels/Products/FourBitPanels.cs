using PaliGemma.Kernels.Formats;

namespace PaliGemma.Kernels.Products;

/// <summary>
/// Rows of 4-bit codes as panels of words: pairs of 16-bit integers, or quads of bytes. Each segment lies inside one block and ends with the block's scales.
/// </summary>
/// <param name="codes">[rows, <paramref name="rowElements"/>]: two codes per byte.</param>
/// <param name="scales">One per <paramref name="blockSize"/> elements.</param>
/// <param name="rows">Output width.</param>
/// <param name="rowElements">Elements per row, a multiple of <paramref name="segment"/>.</param>
/// <param name="segment">Elements per segment; divides the block size.</param>
/// <param name="blockSize">Elements per block.</param>
/// <param name="unit">The integer that stands for 1.</param>
/// <param name="factors">One factor per token, or null where the lanes' lead has them.</param>
internal readonly unsafe struct FourBitPanels<TElement, TStored>(
    byte* codes, BlockScales scales, int rows, int rowElements, int segment, int blockSize, float unit, float* factors) : IPanelSource
    where TElement : IElement<TStored>
    where TStored : unmanaged
{
    /// <summary>Two codes per byte.</summary>
    private static int WordElements => 2 * sizeof(TStored);

    public int Rows => rows;

    public int Depth => rowElements / WordElements;

    public int SegmentDepth => segment / WordElements;

    public void Unpack(int row, int count, int word, int depth, float* panel, int stride)
    {
        int rowWords = Depth;
        int steps = SegmentDepth;
        int segments = depth / steps;
        float* decoded = Scratch.Floats(Scratch.Purpose.Decoded, (long)count * (segments + 1));
        TStored* source = (TStored*)codes + ((long)row * rowWords) + word;
        // The scales of each row lie side by side; blocks may be longer than segments, and begin before the row does.
        int perRow = segments + 1;
        for (int r = 0; r < count; r++)
        {
            long first = ((long)(row + r) * rowElements) + ((long)word * WordElements);
            long firstBlock = first / blockSize;
            int blocks = (int)(((first + ((long)depth * WordElements) - 1) / blockSize) - firstBlock) + 1;
            scales.Read(firstBlock, new Span<float>(decoded + (r * perRow), blocks));
        }
        for (int s = 0; s < segments; s++)
        {
            Panel.Transpose<TElement, TStored>(source + (s * steps), rowWords, count, steps, panel, stride);
            panel += (nint)steps * stride;
            for (int r = 0; r < stride; r++)
            {
                if (r >= count)
                {
                    panel[r] = 0;
                    continue;
                }
                long first = ((long)(row + r) * rowElements) + ((long)word * WordElements);
                int block = (int)(((first + ((long)s * segment)) / blockSize) - (first / blockSize));
                panel[r] = decoded[(r * perRow) + block] / unit;
            }
            panel += stride;
        }
    }

    public void Prefetch(int row, int count, int word, int depth, int part, int parts)
    {
        int end = (int)((long)count * (part + 1) / parts);
        for (int r = (int)((long)count * part / parts); r < end; r++)
        {
            byte* start = (byte*)((TStored*)codes + ((long)(row + r) * Depth) + word);
            for (int offset = 0; offset < depth * sizeof(TStored); offset += Simd.Prefetch.Line)
            {
                Simd.Prefetch.Far(start + offset);
            }
        }
    }

    public void Store(float* sums, int token, int row, int count, float* y) =>
        ScaledSums.Store(sums, factors is null ? 1 : factors[token], y + ((long)token * rows) + row, count);
}
