namespace PaliGemma.Kernels.Products;

/// <summary>Weights that can be unpacked, a block at a time, into the float32 panels that <see cref="PanelProduct{TSource}"/> multiplies by.</summary>
internal unsafe interface IPanelSource
{
    /// <summary>Output width.</summary>
    int Rows { get; }

    /// <summary>Input width.</summary>
    int Columns { get; }

    /// <summary>Writes a block transposed: panel[k · <paramref name="stride"/> + r] = w[<paramref name="row"/> + r, <paramref name="column"/> + k].</summary>
    /// <param name="row">First weight row.</param>
    /// <param name="count">Weight rows, at most <paramref name="stride"/>; the panel's other columns become zero.</param>
    /// <param name="column">First weight column.</param>
    /// <param name="depth">Weight columns.</param>
    /// <param name="panel">[depth, stride].</param>
    /// <param name="stride">Width of the panel, a multiple of the register width.</param>
    void Unpack(int row, int count, int column, int depth, float* panel, int stride);

    /// <summary>Asks for part <paramref name="part"/> of <paramref name="parts"/> of a block's memory, which is unpacked soon.</summary>
    void Prefetch(int row, int count, int column, int depth, int part, int parts);
}
