namespace PaliGemma.Kernels;

/// <summary>What does not change between calls of one attention layer.</summary>
/// <param name="Heads">Query heads per token.</param>
/// <param name="KeyValueHeads">Key/value heads per token: a divisor of <paramref name="Heads"/>; head j serves query heads j·g … j·g + g - 1.</param>
/// <param name="HeadSize">Values per head.</param>
/// <param name="Scale">Factor of the dot products.</param>
/// <param name="SoftCap">If not 0, a score s becomes cap · tanh(s / cap) (Gemma 2, arXiv:2408.00118).</param>
public readonly record struct AttentionShape(int Heads, int KeyValueHeads, int HeadSize, float Scale, float SoftCap)
{
    /// <summary>Query heads that share a key/value head.</summary>
    public int GroupSize => Heads / KeyValueHeads;
}

/// <summary>The keys that a query sees.</summary>
/// <param name="First">Index of the first.</param>
/// <param name="End">Index after the last; above <paramref name="First"/>.</param>
public readonly record struct VisibleRange(int First, int End);
