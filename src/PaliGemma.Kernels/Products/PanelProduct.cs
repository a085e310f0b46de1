using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using PaliGemma.Kernels.Simd;

namespace PaliGemma.Kernels.Products;

/// <summary>
/// The matrix product for many tokens (Goto and van de Geijn, Anatomy of High-Performance Matrix Multiplication, 2008): a panel of weights is unpacked
/// once, to float32 or to words of small integers, stays in the second-level cache, and is multiplied by all tokens in tiles whose sums stay in registers.
/// </summary>
internal static unsafe class PanelProduct<TSource>
    where TSource : IPanelSource
{
    /// <summary>
    /// Depth of a block. A panel of 48 columns then takes 96 KiB of the second-level cache, a group of tokens 16 KiB of the first, and loading and storing the sums
    /// takes a fiftieth of the time.
    /// </summary>
    public const int BlockDepth = 512;

    /// <summary>y[t, r] = Σ_c x[t, c] · w[r, c], in float32.</summary>
    public static void Multiply(TSource weights, float* x, int tokens, float* y, WorkerPool pool) =>
        Multiply<Lanes512, Lanes256, Lanes128>(weights, x, tokens, y, pool);

    /// <summary>The product in the widest of three kinds of lanes that the processor has.</summary>
    /// <param name="weights">The weights.</param>
    /// <param name="x">Words [tokens, depth], with the lanes' lead before each segment.</param>
    /// <param name="tokens">Tokens.</param>
    /// <param name="y">[tokens, rows].</param>
    /// <param name="pool">The threads.</param>
    public static void Multiply<TLanes512, TLanes256, TLanes128>(TSource weights, float* x, int tokens, float* y, WorkerPool pool)
        where TLanes512 : ITileLanes<Vector512<float>>
        where TLanes256 : ITileLanes<Vector256<float>>
        where TLanes128 : ITileLanes<Vector128<float>>
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Run<Tile8x3<TLanes512, Vector512<float>>, Tile8x2<TLanes512, Vector512<float>>>(weights, x, tokens, y, pool);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            Run<Tile6x2<TLanes256, Vector256<float>>, Tile6x2<TLanes256, Vector256<float>>>(weights, x, tokens, y, pool);
        }
        else if (AdvSimd.IsSupported)
        {
            Run<Tile8x3<TLanes128, Vector128<float>>, Tile8x2<TLanes128, Vector128<float>>>(weights, x, tokens, y, pool);
        }
        else
        {
            Run<Tile6x2<TLanes128, Vector128<float>>, Tile6x2<TLanes128, Vector128<float>>>(weights, x, tokens, y, pool);
        }
    }

    /// <summary>The product with one pair of tiles, which take groups of equal size.</summary>
    internal static void Run<TWide, TNarrow>(TSource weights, float* x, int tokens, float* y, WorkerPool pool)
        where TWide : ITile
        where TNarrow : ITile
    {
        int groups = (tokens + TWide.Rows - 1) / TWide.Rows;
        int length = weights.Depth + (Segments(weights.Depth, weights.SegmentDepth) * TWide.Lead);
        float* packed = Scratch.Floats(Scratch.Purpose.Activations, (long)groups * TWide.Rows * length);
        PackActivations<TWide>(weights, x, tokens, length, packed, pool);
        PanelLayout layout = new(weights.Rows, TWide.Columns, TNarrow.Columns);
        pool.For(layout.Count, panel =>
        {
            if (layout.IsWide(panel))
            {
                MultiplyPanel<TWide>(weights, packed, tokens, layout.Start(panel), layout.Used(panel), y);
            }
            else
            {
                MultiplyPanel<TNarrow>(weights, packed, tokens, layout.Start(panel), layout.Used(panel), y);
            }
        });
    }

    /// <summary>Words of a block: whole segments.</summary>
    private static int BlockLength(TSource weights) => Math.Max(BlockDepth / weights.SegmentDepth, 1) * weights.SegmentDepth;

    private static int Segments(int depth, int segmentDepth) => (depth + segmentDepth - 1) / segmentDepth;

    /// <summary>[blocks][groups][depth of the block, leads included][group size], so that a block's groups lie one after another.</summary>
    private static void PackActivations<TTile>(TSource weights, float* x, int tokens, int length, float* packed, WorkerPool pool)
        where TTile : ITile
    {
        int group = TTile.Rows;
        int groups = (tokens + group - 1) / group;
        int block = BlockLength(weights);
        int blockRows = block + (block / weights.SegmentDepth * TTile.Lead);
        pool.ForRanges(groups, 1, (firstGroup, endGroup) =>
        {
            for (int start = 0; start < length; start += blockRows)
            {
                int depth = Math.Min(blockRows, length - start);
                float* target = packed + ((long)start * groups * group);
                for (int i = firstGroup; i < endGroup; i++)
                {
                    int first = i * group;
                    PackedRows.Pack(
                        x + ((long)first * length) + start, length, tokens - first, depth, group, target + ((long)i * depth * group));
                }
            }
        });
    }

    private static void MultiplyPanel<TTile>(TSource weights, float* packed, int tokens, int row, int used, float* y)
        where TTile : ITile
    {
        int depth = weights.Depth;
        int block = BlockLength(weights);
        int segmentDepth = weights.SegmentDepth;
        int groups = (tokens + TTile.Rows - 1) / TTile.Rows;
        float* panel = Scratch.Floats(Scratch.Purpose.Weights, (long)(block + (block / segmentDepth * TTile.Tail)) * TTile.Columns);
        // Sums lie side by side here: in y, rows of 16,384 floats would share a few sets of the cache.
        float* sums = Scratch.Floats(Scratch.Purpose.Outputs, (long)groups * TTile.Rows * TTile.Columns);
        float* group = packed;
        for (int start = 0; start < depth; start += block)
        {
            int blockDepth = Math.Min(block, depth - start);
            int next = start + block;
            weights.Unpack(row, used, start, blockDepth, panel, TTile.Columns);
            for (int i = 0; i < groups; i++)
            {
                if (next < depth)
                {
                    weights.Prefetch(row, used, next, Math.Min(block, depth - next), i, groups);
                }
                else if (row + used < weights.Rows)
                {
                    weights.Prefetch(row + used, Math.Min(used, weights.Rows - row - used), 0, Math.Min(block, depth), i, groups);
                }
                float* segment = panel;
                for (int word = 0; word < blockDepth; word += segmentDepth)
                {
                    int steps = Math.Min(segmentDepth, blockDepth - word);
                    TTile.Multiply(
                        group,
                        TTile.Rows,
                        segment,
                        TTile.Columns,
                        steps,
                        sums + ((long)i * TTile.Rows * TTile.Columns),
                        TTile.Columns,
                        accumulate: start + word > 0);
                    group += (long)(TTile.Lead + steps) * TTile.Rows;
                    segment += (long)(steps + TTile.Tail) * TTile.Columns;
                }
            }
        }
        for (int token = 0; token < tokens; token++)
        {
            weights.Store(sums + ((long)token * TTile.Columns), token, row, used, y);
        }
    }
}
