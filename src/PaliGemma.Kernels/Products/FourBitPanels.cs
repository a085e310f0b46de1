using PaliGemma.Kernels.Formats;

namespace PaliGemma.Kernels.Products;

/// <summary>
/// Rows of 4-bit codes as panels of words of four bytes. Each segment lies inside one block and ends with the block's scales.
/// </summary>
/// <param name="codes">[rows, <paramref name="rowElements"/>]: two codes per byte.</param>
/// <param name="scales">One per <paramref name="blockSize"/> elements.</param>
/// <param name="rows">Output width.</param>
/// <param name="rowElements">Elements per row, a multiple of <paramref name="segment"/>.</param>
/// <param name="segment">Elements per segment; divides the block size.</param>
/// <param name="blockSize">Elements per block.</param>
/// <param name="unit">The integer that stands for 1.</param>
internal readonly unsafe struct FourBitPanels<TElement>(
    byte* codes, BlockScales scales, int rows, int rowElements, int segment, int blockSize, float unit) : IPanelSource
    where TElement : IElement<ushort>
{
    private const int WordElements = 4;

    public int Rows => rows;

    public int Depth => rowElements / WordElements;

    public int SegmentDepth => segment / WordElements;

    public void Unpack(int row, int count, int word, int depth, float* panel, int stride)
    {
        int rowWords = Depth;
        int steps = SegmentDepth;
        int segments = depth / steps;
        ushort* source = (ushort*)codes + ((long)row * rowWords) + word;
        // The scales of each row lie side by side; blocks may be longer than segments, and begin before the row does.
        int perRow = segments + 1;
        float* decoded = Scratch.Floats(Scratch.Purpose.Decoded, (long)count * perRow);
        float inverse = 1 / unit;
        int* offsets = stackalloc int[count];
        for (int r = 0; r < count; r++)
        {
            long first = ((long)(row + r) * rowElements) + ((long)word * WordElements);
            long firstBlock = first / blockSize;
            int blocks = (int)(((first + ((long)depth * WordElements) - 1) / blockSize) - firstBlock) + 1;
            Span<float> rowScales = new(decoded + (r * perRow), blocks);
            scales.Read(firstBlock, rowScales);
            offsets[r] = (int)(first - (firstBlock * blockSize));
        }
        for (int s = 0; s < segments; s++)
        {
            Panel.Transpose<TElement, ushort>(source + (s * steps), rowWords, count, steps, panel, stride);
            panel += (nint)steps * stride;
            for (int r = 0; r < count; r++)
            {
                panel[r] = decoded[(r * perRow) + ((offsets[r] + (s * segment)) / blockSize)] * inverse;
            }
            new Span<float>(panel + count, stride - count).Clear();
            panel += stride;
        }
    }

    public void Prefetch(int row, int count, int word, int depth, int part, int parts)
    {
        int end = (int)((long)count * (part + 1) / parts);
        for (int r = (int)((long)count * part / parts); r < end; r++)
        {
            byte* start = (byte*)((ushort*)codes + ((long)(row + r) * Depth) + word);
            for (int offset = 0; offset < depth * sizeof(ushort); offset += Simd.Prefetch.Line)
            {
                Simd.Prefetch.Far(start + offset);
            }
        }
    }

    public void Store(float* sums, int token, int row, int count, float* y) =>
        new ReadOnlySpan<float>(sums, count).CopyTo(new Span<float>(y + ((long)token * rows) + row, count));
}
