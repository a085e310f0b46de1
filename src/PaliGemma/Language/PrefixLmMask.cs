using PaliGemma.Kernels;

namespace PaliGemma.Language;

/// <summary>
/// PaliGemma's attention mask at inference. Every token of the prefix (image, bos, prompt, newline) sees the whole prefix, and a generated
/// token sees everything before it; so a token always sees all that is in the cache when its own pass is over.
/// </summary>
internal static class PrefixLmMask
{
    /// <summary>Fills the ranges of the keys that consecutive queries see.</summary>
    /// <param name="visible">One range per query.</param>
    /// <param name="firstQuery">The sequence index of the first query.</param>
    /// <param name="keys">Number of keys, the queries' own included.</param>
    /// <param name="window">If set, a query at index i does not see keys at or before i - window.</param>
    public static void Fill(Span<VisibleRange> visible, int firstQuery, int keys, int? window)
    {
        for (int i = 0; i < visible.Length; i++)
        {
            int first = window is int size ? Math.Max(0, firstQuery + i - size + 1) : 0;
            visible[i] = new VisibleRange(first, keys);
        }
    }
}
