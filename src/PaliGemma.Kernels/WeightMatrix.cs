namespace PaliGemma.Kernels;

/// <summary>
/// A matrix of weights [<see cref="Rows"/>, <see cref="Columns"/>] in some storage format. Model code multiplies by it and never sees the
/// format: one virtual call per product, then loops that the JIT specialises.
/// </summary>
public abstract class WeightMatrix
{
    /// <summary>Creates the base of a matrix [rows, columns].</summary>
    protected WeightMatrix(int rows, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rows);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        Rows = rows;
        Columns = columns;
    }

    /// <summary>Output width: the number of dot products per token.</summary>
    public int Rows { get; }

    /// <summary>Input width: the length of each dot product.</summary>
    public int Columns { get; }

    /// <summary>The memory that one product reads: weights and their scales, but for tables of a few KiB.</summary>
    public abstract IReadOnlyList<MemoryRegion> Regions { get; }

    /// <summary>Bytes of <see cref="Regions"/>.</summary>
    public long ByteLength => Regions.Sum(region => region.Length);

    /// <summary>y[t, r] = Σ_c x[t, c] · w[r, c], for every token t and row r.</summary>
    /// <param name="x">Activations [tokens, <see cref="Columns"/>], row-major.</param>
    /// <param name="tokens">Number of rows of <paramref name="x"/>; one uses the matrix-vector path.</param>
    /// <param name="y">Result [tokens, <see cref="Rows"/>], row-major; overwritten.</param>
    /// <param name="pool">The threads that share the work.</param>
    public abstract void Multiply(ReadOnlySpan<float> x, int tokens, Span<float> y, WorkerPool pool);

    /// <summary>y[i] = Σ_c x[c] · w[rows[i], c]: the product restricted to some rows, for constrained decoding.</summary>
    public abstract void MultiplyRows(ReadOnlySpan<float> x, ReadOnlySpan<int> rows, Span<float> y, WorkerPool pool);

    /// <summary>Writes row <paramref name="row"/>, converted to float32, to <paramref name="destination"/> [<see cref="Columns"/>].</summary>
    public abstract void CopyRow(int row, Span<float> destination);
}
