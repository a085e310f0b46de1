namespace PaliGemma.Kernels.Products;

/// <summary>
/// Weights that can be unpacked, a block at a time, into the panels that <see cref="PanelProduct{TSource}"/> multiplies by: float32, or words of several
/// integers for lanes that multiply those. Words come in segments, and one segment's sum is finished before the next begins.
/// </summary>
internal unsafe interface IPanelSource
{
    /// <summary>Output width.</summary>
    int Rows { get; }

    /// <summary>Words of one weight row.</summary>
    int Depth { get; }

    /// <summary>Words per segment; the last one may be shorter.</summary>
    int SegmentDepth { get; }

    /// <summary>
    /// Writes a block transposed: panel[k · <paramref name="stride"/> + r] = w[<paramref name="row"/> + r, <paramref name="word"/> + k], with the lanes' tail
    /// after each segment.
    /// </summary>
    /// <param name="row">First weight row.</param>
    /// <param name="count">Weight rows, at most <paramref name="stride"/>; the panel's other columns become zero.</param>
    /// <param name="word">First word of each row; a segment begins here.</param>
    /// <param name="depth">Words per row.</param>
    /// <param name="panel">[depth and tails, stride].</param>
    /// <param name="stride">Width of the panel, a multiple of the register width.</param>
    void Unpack(int row, int count, int word, int depth, float* panel, int stride);

    /// <summary>Asks for part <paramref name="part"/> of <paramref name="parts"/> of a block's memory, which is unpacked soon.</summary>
    void Prefetch(int row, int count, int word, int depth, int part, int parts);

    /// <summary>Takes one token's finished sums of neighbouring weight rows.</summary>
    /// <param name="sums">[count].</param>
    /// <param name="token">The token.</param>
    /// <param name="row">First weight row.</param>
    /// <param name="count">Weight rows.</param>
    /// <param name="y">The product's result [tokens, <see cref="Rows"/>].</param>
    void Store(float* sums, int token, int row, int count, float* y);
}
