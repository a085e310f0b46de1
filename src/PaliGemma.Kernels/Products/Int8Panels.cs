using PaliGemma.Kernels.Formats;

namespace PaliGemma.Kernels.Products;

/// <summary>Rows of signed bytes as panels of pairs; each row's scale ends every segment, because all of a row's segments share it.</summary>
/// <param name="codes">[rows, columns].</param>
/// <param name="absmax">Largest magnitude of each row; 127 stands for it.</param>
/// <param name="rows">Output width.</param>
/// <param name="columns">Input width.</param>
/// <param name="factors">One factor per token.</param>
internal readonly unsafe struct Int8Panels(sbyte* codes, float* absmax, int rows, int columns, float* factors) : IPanelSource
{
    public int Rows => rows;

    public int Depth => (columns + 1) / 2;

    public int SegmentDepth => PanelProduct<Int8Panels>.BlockDepth;

    public void Unpack(int row, int count, int word, int depth, float* panel, int stride)
    {
        sbyte* source = codes + ((long)row * columns) + (2L * word);
        if (columns % 2 == 0)
        {
            Panel.Transpose<Int8Pair, ushort>((ushort*)source, columns / 2, count, depth, panel, stride);
        }
        else
        {
            // A row that begins between two words is copied to where it does not.
            sbyte* padded = (sbyte*)Scratch.Floats(Scratch.Purpose.Decoded, (long)count * depth);
            int length = Math.Min(2 * depth, columns - (2 * word));
            for (int r = 0; r < count; r++)
            {
                Span<sbyte> target = new(padded + (2L * r * depth), 2 * depth);
                new ReadOnlySpan<sbyte>(source + ((long)r * columns), length).CopyTo(target);
                target[length..].Clear();
            }
            Panel.Transpose<Int8Pair, ushort>((ushort*)padded, depth, count, depth, panel, stride);
        }
        float* tail = panel + ((long)depth * stride);
        for (int r = 0; r < stride; r++)
        {
            tail[r] = r < count ? absmax[row + r] / QuantizedActivations.LargestByte : 0;
        }
    }

    public void Prefetch(int row, int count, int word, int depth, int part, int parts)
    {
        int end = (int)((long)count * (part + 1) / parts);
        for (int r = (int)((long)count * part / parts); r < end; r++)
        {
            sbyte* start = codes + ((long)(row + r) * columns) + (2L * word);
            for (int offset = 0; offset < 2 * depth; offset += Simd.Prefetch.Line)
            {
                Simd.Prefetch.Far(start + offset);
            }
        }
    }

    public void Store(float* sums, int token, int row, int count, float* y) =>
        ScaledSums.Store(sums, factors[token], y + ((long)token * rows) + row, count);
}

/// <summary>Some columns of rows of signed bytes, scaled to float32; their product is added to what the others gave.</summary>
/// <param name="codes">[rows, columns].</param>
/// <param name="absmax">Largest magnitude of each row; 127 stands for it.</param>
/// <param name="rows">Output width.</param>
/// <param name="columns">Input width.</param>
/// <param name="chosen">The columns.</param>
/// <param name="chosenCount">Their number.</param>
internal readonly unsafe struct Int8OutlierPanels(sbyte* codes, float* absmax, int rows, int columns, int* chosen, int chosenCount) : IPanelSource
{
    public int Rows => rows;

    public int Depth => chosenCount;

    public int SegmentDepth => PanelProduct<Int8OutlierPanels>.BlockDepth;

    public void Unpack(int row, int count, int word, int depth, float* panel, int stride)
    {
        for (int r = 0; r < stride; r++)
        {
            sbyte* source = codes + ((long)(row + r) * columns);
            float scale = r < count ? absmax[row + r] / QuantizedActivations.LargestByte : 0;
            for (int k = 0; k < depth; k++)
            {
                panel[((nint)k * stride) + r] = r < count ? source[chosen[word + k]] * scale : 0;
            }
        }
    }

    public void Prefetch(int row, int count, int word, int depth, int part, int parts)
    {
        // The product before this one has read the same rows.
    }

    public void Store(float* sums, int token, int row, int count, float* y) => ScaledSums.Add(sums, y + ((long)token * rows) + row, count);
}
