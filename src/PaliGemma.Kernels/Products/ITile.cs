namespace PaliGemma.Kernels.Products;

/// <summary>
/// The innermost loop of a matrix product: a block of <see cref="Rows"/> × <see cref="Columns"/> sums that stays in registers while the depth runs.
/// Implementations are compiled at full optimization from their first call: the first picture would otherwise be multiplied by unoptimized code.
/// </summary>
internal unsafe interface ITile
{
    /// <summary>Tokens per tile.</summary>
    static abstract int Rows { get; }

    /// <summary>Output columns per tile.</summary>
    static abstract int Columns { get; }

    /// <summary>Rows of <c>a</c> that stand before the first step; what they hold is the lanes' matter.</summary>
    static abstract int Lead { get; }

    /// <summary>Rows of <c>b</c> that follow the last step; what they hold is the lanes' matter.</summary>
    static abstract int Tail { get; }

    /// <summary>c[r, n] (+)= Σ_k a[k, r] · b[k, n].</summary>
    /// <param name="a">[<see cref="Lead"/> + depth, <see cref="Rows"/>], with <paramref name="aStride"/> elements from one k to the next.</param>
    /// <param name="aStride">Elements from one k of <paramref name="a"/> to the next.</param>
    /// <param name="b">[depth + <see cref="Tail"/>, <see cref="Columns"/>], with <paramref name="bStride"/> elements from one k to the next.</param>
    /// <param name="bStride">Elements from one row of <paramref name="b"/> to the next.</param>
    /// <param name="depth">Number of products per sum.</param>
    /// <param name="c">[<see cref="Rows"/>, <see cref="Columns"/>].</param>
    /// <param name="cStride">Elements from one row of <paramref name="c"/> to the next.</param>
    /// <param name="accumulate">Whether to add to <paramref name="c"/> instead of overwriting it.</param>
    static abstract void Multiply(float* a, nint aStride, float* b, nint bStride, int depth, float* c, nint cStride, bool accumulate);
}
