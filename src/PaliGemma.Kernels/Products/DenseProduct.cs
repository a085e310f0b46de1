using PaliGemma.Kernels.Formats;

namespace PaliGemma.Kernels.Products;

/// <summary>The products of a matrix of floating-point elements that is read where it lies, converted on the way into registers.</summary>
/// <param name="data">[rows, columns], row-major.</param>
/// <param name="rows">Output width.</param>
/// <param name="columns">Input width.</param>
internal sealed unsafe class DenseProduct<TElement, TStored>(MemoryRegion data, int rows, int columns) : IPanelSource
    where TElement : IElement<TStored>
    where TStored : unmanaged
{
    // Checked once: the products address the data without bounds.
    private readonly MemoryRegion _data = data.Slice(0, (long)rows * columns * sizeof(TStored));

    public int Rows => rows;

    public int Depth => columns;

    public int SegmentDepth => PanelProduct<DenseProduct<TElement, TStored>>.BlockDepth;

    public IReadOnlyList<MemoryRegion> Regions => [_data];

    private TStored* Weights => (TStored*)_data.Pointer;

    public void Multiply(ReadOnlySpan<float> x, int tokens, Span<float> y, WorkerPool pool)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(x.Length, checked(tokens * columns), nameof(x));
        ArgumentOutOfRangeException.ThrowIfNotEqual(y.Length, checked(tokens * rows), nameof(y));
        fixed (float* input = x, output = y)
        {
            if (tokens > DotProduct.MostTokens)
            {
                PanelProduct<DenseProduct<TElement, TStored>>.Multiply(this, input, tokens, output, pool);
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
        fixed (float* input = x, output = y)
        fixed (int* indices = chosen)
        {
            float* source = input;
            float* target = output;
            int* row = indices;
            pool.ForRanges(chosen.Length, 1, (start, end) =>
            {
                for (int i = start; i < end; i++)
                {
                    DotProduct.Rows<TElement, TStored>(Weights + ((long)row[i] * columns), columns, 1, source, 1, target + i, 1);
                }
            });
        }
    }

    public void CopyRow(int row, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)rows, nameof(row));
        ArgumentOutOfRangeException.ThrowIfNotEqual(destination.Length, columns, nameof(destination));
        TStored* source = Weights + ((long)row * columns);
        for (int i = 0; i < columns; i++)
        {
            destination[i] = TElement.Load(source + i);
        }
    }

    public void Unpack(int row, int count, int column, int depth, float* panel, int stride) =>
        Panel.Transpose<TElement, TStored>(Weights + ((long)row * columns) + column, columns, count, depth, panel, stride);

    public void Prefetch(int row, int count, int column, int depth, int part, int parts)
    {
        int first = (int)((long)count * part / parts);
        int end = (int)((long)count * (part + 1) / parts);
        for (int r = first; r < end; r++)
        {
            byte* start = (byte*)(Weights + ((long)(row + r) * columns) + column);
            for (int offset = 0; offset < depth * sizeof(TStored); offset += Simd.Prefetch.Line)
            {
                Simd.Prefetch.Far(start + offset);
            }
        }
    }

    public void Store(float* sums, int token, int row, int count, float* y) =>
        new ReadOnlySpan<float>(sums, count).CopyTo(new Span<float>(y + ((long)token * rows) + row, count));

    private void MultiplyFew(float* x, int tokens, float* y, WorkerPool pool)
    {
        int taskRows = DotProduct.TaskRows((long)columns * sizeof(TStored));
        pool.For((rows + taskRows - 1) / taskRows, task =>
        {
            int start = task * taskRows;
            int count = Math.Min(taskRows, rows - start);
            DotProduct.Rows<TElement, TStored>(Weights + ((long)start * columns), columns, count, x, tokens, y + start, rows);
        });
    }
}
