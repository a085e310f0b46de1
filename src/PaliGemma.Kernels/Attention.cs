using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using PaliGemma.Kernels.Products;
using PaliGemma.Kernels.Simd;

namespace PaliGemma.Kernels;

/// <summary>
/// o = softmax(q · kᵀ · scale) · v per head, over a range of keys per query. Scores exist for one tile of queries and keys at a time (Dao et al.,
/// FlashAttention, arXiv:2205.14135), so memory does not grow with the square of the length.
/// </summary>
public static class Attention
{
    /// <summary>Computes the attention of some queries.</summary>
    /// <param name="shape">Heads, scale and soft cap.</param>
    /// <param name="queries">[queries, heads, head size].</param>
    /// <param name="keys">[keys, key/value heads, head size].</param>
    /// <param name="values">[keys, key/value heads, head size].</param>
    /// <param name="visible">The keys that each query sees.</param>
    /// <param name="output">[queries, heads, head size].</param>
    /// <param name="pool">The threads that share the work.</param>
    /// <exception cref="ArgumentException">Lengths do not fit the shape, or a range is empty or not among the keys.</exception>
    public static unsafe void Apply(
        in AttentionShape shape,
        ReadOnlySpan<float> queries,
        ReadOnlySpan<float> keys,
        ReadOnlySpan<float> values,
        ReadOnlySpan<VisibleRange> visible,
        Span<float> output,
        WorkerPool pool)
    {
        ArgumentNullException.ThrowIfNull(pool);
        int keyWidth = shape.KeyValueHeads * shape.HeadSize;
        int keyCount = keys.Length / keyWidth;
        ArgumentOutOfRangeException.ThrowIfNotEqual(queries.Length, visible.Length * shape.Heads * shape.HeadSize, nameof(queries));
        ArgumentOutOfRangeException.ThrowIfNotEqual(keys.Length, keyCount * keyWidth, nameof(keys));
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, keys.Length, nameof(values));
        ArgumentOutOfRangeException.ThrowIfNotEqual(output.Length, queries.Length, nameof(output));
        foreach (VisibleRange range in visible)
        {
            if (range.First < 0 || range.End <= range.First || range.End > keyCount)
            {
                throw new ArgumentException($"A query sees keys {range.First} to {range.End}; there are {keyCount}.", nameof(visible));
            }
        }
        fixed (float* q = queries, k = keys, v = values, o = output)
        fixed (VisibleRange* ranges = visible)
        {
            if (visible.Length == 1)
            {
                SingleQueryAttention.Run(shape, q, k, v, ranges[0], o, pool);
            }
            else if (Vector512.IsHardwareAccelerated)
            {
                TiledAttention<Lanes512, Vector512<float>, Tile8x3<Lanes512, Vector512<float>>, Tile8x2<Lanes512, Vector512<float>>>.Run(
                    shape, q, k, v, ranges, visible.Length, o, pool);
            }
            else if (Vector256.IsHardwareAccelerated)
            {
                TiledAttention<Lanes256, Vector256<float>, Tile6x2<Lanes256, Vector256<float>>, Tile6x2<Lanes256, Vector256<float>>>.Run(
                    shape, q, k, v, ranges, visible.Length, o, pool);
            }
            else if (AdvSimd.IsSupported)
            {
                TiledAttention<Lanes128, Vector128<float>, Tile8x3<Lanes128, Vector128<float>>, Tile8x2<Lanes128, Vector128<float>>>.Run(
                    shape, q, k, v, ranges, visible.Length, o, pool);
            }
            else
            {
                TiledAttention<Lanes128, Vector128<float>, Tile6x2<Lanes128, Vector128<float>>, Tile6x2<Lanes128, Vector128<float>>>.Run(
                    shape, q, k, v, ranges, visible.Length, o, pool);
            }
        }
    }
}
