using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using PaliGemma.Kernels.Simd;

namespace PaliGemma.Kernels.Products;

/// <summary>
/// The matrix product for many tokens (Goto and van de Geijn, Anatomy of High-Performance Matrix Multiplication, 2008): a panel of weights is unpacked to
/// float32 once, stays in the second-level cache, and is multiplied by all tokens in tiles whose sums stay in registers.
/// </summary>
internal static unsafe class PanelProduct<TSource>
    where TSource : IPanelSource
{
    /// <summary>
    /// Depth of a block. A panel of 48 columns then takes 96 KiB of the second-level cache, a group of tokens 16 KiB of the first, and loading and storing the sums
    /// takes a fiftieth of the time.
    /// </summary>
    private const int BlockDepth = 512;

    /// <summary>y[t, r] = Σ_c x[t, c] · w[r, c].</summary>
    public static void Multiply(TSource weights, float* x, int tokens, float* y, WorkerPool pool)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Run<Tile8x3<Lanes512, Vector512<float>>, Tile8x2<Lanes512, Vector512<float>>>(weights, x, tokens, y, pool);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            Run<Tile6x2<Lanes256, Vector256<float>>, Tile6x2<Lanes256, Vector256<float>>>(weights, x, tokens, y, pool);
        }
        else if (AdvSimd.IsSupported)
        {
            Run<Tile8x3<Lanes128, Vector128<float>>, Tile8x2<Lanes128, Vector128<float>>>(weights, x, tokens, y, pool);
        }
        else
        {
            Run<Tile6x2<Lanes128, Vector128<float>>, Tile6x2<Lanes128, Vector128<float>>>(weights, x, tokens, y, pool);
        }
    }

    /// <summary>The product with one pair of tiles, which take groups of equal size.</summary>
    internal static void Run<TWide, TNarrow>(TSource weights, float* x, int tokens, float* y, WorkerPool pool)
        where TWide : ITile
        where TNarrow : ITile
    {
        int columns = weights.Columns;
        int groups = (tokens + TWide.Rows - 1) / TWide.Rows;
        float* packed = Scratch.Floats(Scratch.Purpose.Activations, (long)groups * TWide.Rows * columns);
        PackActivations(x, tokens, columns, TWide.Rows, packed, pool);
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

    /// <summary>[depth blocks][groups][depth of the block][group size], so that a block's groups lie one after another.</summary>
    private static void PackActivations(float* x, int tokens, int columns, int group, float* packed, WorkerPool pool)
    {
        int groups = (tokens + group - 1) / group;
        pool.ForRanges(groups, 1, (firstGroup, endGroup) =>
        {
            for (int start = 0; start < columns; start += BlockDepth)
            {
                int depth = Math.Min(BlockDepth, columns - start);
                float* target = packed + ((long)start * groups * group);
                for (int i = firstGroup; i < endGroup; i++)
                {
                    int first = i * group;
                    PackedRows.Pack(
                        x + ((long)first * columns) + start, columns, tokens - first, depth, group, target + ((long)i * depth * group));
                }
            }
        });
    }

    private static void MultiplyPanel<TTile>(TSource weights, float* packed, int tokens, int row, int used, float* y)
        where TTile : ITile
    {
        int columns = weights.Columns;
        int groups = (tokens + TTile.Rows - 1) / TTile.Rows;
        float* panel = Scratch.Floats(Scratch.Purpose.Weights, (long)BlockDepth * TTile.Columns);
        // Sums lie side by side here: in y, rows of 16,384 floats would share a few sets of the cache.
        float* sums = Scratch.Floats(Scratch.Purpose.Outputs, (long)groups * TTile.Rows * TTile.Columns);
        for (int start = 0; start < columns; start += BlockDepth)
        {
            int depth = Math.Min(BlockDepth, columns - start);
            int next = start + BlockDepth;
            weights.Unpack(row, used, start, depth, panel, TTile.Columns);
            float* group = packed + ((long)start * groups * TTile.Rows);
            for (int i = 0; i < groups; i++)
            {
                if (next < columns)
                {
                    weights.Prefetch(row, used, next, Math.Min(BlockDepth, columns - next), i, groups);
                }
                else if (row + used < weights.Rows)
                {
                    weights.Prefetch(row + used, Math.Min(used, weights.Rows - row - used), 0, Math.Min(BlockDepth, columns), i, groups);
                }
                TTile.Multiply(
                    group,
                    TTile.Rows,
                    panel,
                    TTile.Columns,
                    depth,
                    sums + ((long)i * TTile.Rows * TTile.Columns),
                    TTile.Columns,
                    accumulate: start > 0);
                group += (long)depth * TTile.Rows;
            }
        }
        for (int token = 0; token < tokens; token++)
        {
            new ReadOnlySpan<float>(sums + ((long)token * TTile.Columns), used).CopyTo(new Span<float>(y + ((long)token * weights.Rows) + row, used));
        }
    }
}
