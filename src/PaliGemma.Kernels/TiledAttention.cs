using System.Runtime.CompilerServices;
using PaliGemma.Kernels.Formats;
using PaliGemma.Kernels.Products;
using PaliGemma.Kernels.Simd;

namespace PaliGemma.Kernels;

/// <summary>
/// Attention of many queries. All query heads that share a key/value head are rows of one matrix, cut into panels. Scores are computed transposed,
/// [keys, rows], so that the softmax runs down the registers, one row per lane, and its result is the left operand of the product with the values as it lies.
/// </summary>
internal static unsafe class TiledAttention<TLanes, TVector, TWide, TNarrow>
    where TLanes : ILanes<TVector>
    where TVector : unmanaged
    where TWide : ITile
    where TNarrow : ITile
{
    /// <summary>Keys whose scores exist at a time: a multiple of every tile's height; their scores with a panel of rows fit the first-level cache.</summary>
    private const int KeyBlock = 96;

    /// <summary>Panels of rows that share one packing of the keys.</summary>
    private const int TaskPanels = 4;

    /// <summary>Stands for a hidden score: far below every score, and finite, so that differences are never NaN.</summary>
    private const float Hidden = -1e30f;

    public static void Run(
        AttentionShape shape, float* queries, float* keys, float* values, VisibleRange* visible, int count, float* output, WorkerPool pool)
    {
        PanelLayout rows = new(count * shape.GroupSize, TWide.Columns, TNarrow.Columns);
        int tasks = (rows.Count + TaskPanels - 1) / TaskPanels;
        pool.For(tasks * shape.KeyValueHeads, task =>
        {
            int head = task / tasks;
            int firstPanel = task % tasks * TaskPanels;
            int endPanel = Math.Min(firstPanel + TaskPanels, rows.Count);
            new Task(shape, queries, keys, values, visible, output, head).Run(rows, firstPanel, endPanel);
        });
    }

    /// <summary>Some panels of the rows of one key/value head.</summary>
    private readonly struct Task(
        AttentionShape shape, float* queries, float* keys, float* values, VisibleRange* visible, float* output, int head)
    {
        private int HeadSize => shape.HeadSize;

        /// <summary>Width of values and outputs in scratch memory: padded, so that tiles cover it.</summary>
        private int PaddedSize => (HeadSize + TNarrow.Columns - 1) / TNarrow.Columns * TNarrow.Columns;

        public void Run(PanelLayout rows, int firstPanel, int endPanel)
        {
            int panelSize = HeadSize * TWide.Columns;
            int outputRows = (TWide.Columns + TWide.Rows - 1) / TWide.Rows * TWide.Rows;
            int panels = endPanel - firstPanel;
            float* packedQueries = Scratch.Floats(Scratch.Purpose.Queries, ((long)panels + 1) * panelSize);
            float* packedKeys = Scratch.Floats(Scratch.Purpose.Weights, (long)KeyBlock * HeadSize);
            float* packedValues = Scratch.Floats(Scratch.Purpose.Probabilities, (long)KeyBlock * PaddedSize);
            // Behind the scores, the tiles of the last rows may read a few values more.
            float* scores = Scratch.Floats(Scratch.Purpose.Scores, ((long)KeyBlock * TWide.Columns) + TWide.Rows);
            float* sums = Scratch.Floats(Scratch.Purpose.Outputs, (long)panels * outputRows * PaddedSize);
            float* statistics = Scratch.Floats(Scratch.Purpose.Edge, (long)panels * 2 * TWide.Columns);
            new Span<float>(sums, panels * outputRows * PaddedSize).Clear();
            (int first, int end) = (int.MaxValue, 0);
            for (int panel = firstPanel; panel < endPanel; panel++)
            {
                int i = panel - firstPanel;
                PackQueries(rows, panel, packedQueries + (panels * panelSize), packedQueries + (i * panelSize));
                new Span<float>(statistics + (i * 2 * TWide.Columns), TWide.Columns).Fill(Hidden);
                new Span<float>(statistics + (((i * 2) + 1) * TWide.Columns), TWide.Columns).Clear();
                VisibleRange union = Union(rows, panel, out _);
                first = Math.Min(first, union.First);
                end = Math.Max(end, union.End);
            }
            for (int key = first; key < end; key += KeyBlock)
            {
                int count = Math.Min(KeyBlock, end - key);
                PackKeys(key, count, end - key, packedKeys);
                PackValues(key, count, packedValues);
                for (int panel = firstPanel; panel < endPanel; panel++)
                {
                    int i = panel - firstPanel;
                    float* maxima = statistics + (i * 2 * TWide.Columns);
                    float* target = sums + (i * outputRows * PaddedSize);
                    if (rows.IsWide(panel))
                    {
                        Advance<TWide>(rows, panel, key, count, packedQueries + (i * panelSize), packedKeys, packedValues, scores, maxima, target);
                    }
                    else
                    {
                        Advance<TNarrow>(rows, panel, key, count, packedQueries + (i * panelSize), packedKeys, packedValues, scores, maxima, target);
                    }
                }
            }
            for (int panel = firstPanel; panel < endPanel; panel++)
            {
                int i = panel - firstPanel;
                Store(rows, panel, sums + (i * outputRows * PaddedSize), statistics + (((i * 2) + 1) * TWide.Columns));
            }
        }

        /// <summary>Where row <paramref name="row"/> of this head's matrix starts in queries and output.</summary>
        private long Offset(int row)
        {
            int group = shape.GroupSize;
            return (((long)(row / group) * shape.Heads) + (head * group) + (row % group)) * HeadSize;
        }

        private VisibleRange Union(PanelLayout rows, int panel, out bool same)
        {
            int start = rows.Start(panel);
            VisibleRange union = visible[start / shape.GroupSize];
            same = true;
            for (int row = start + 1; row < start + rows.Used(panel); row++)
            {
                VisibleRange range = visible[row / shape.GroupSize];
                same &= range == union;
                union = new VisibleRange(Math.Min(union.First, range.First), Math.Max(union.End, range.End));
            }
            return union;
        }

        private void PackQueries(PanelLayout rows, int panel, float* gathered, float* packed)
        {
            int width = rows.IsWide(panel) ? TWide.Columns : TNarrow.Columns;
            int used = rows.Used(panel);
            for (int i = 0; i < used; i++)
            {
                float* source = queries + Offset(rows.Start(panel) + i);
                for (int j = 0; j < HeadSize; j++)
                {
                    gathered[(i * HeadSize) + j] = source[j] * shape.Scale;
                }
            }
            Panel.Transpose<Float32Element, float>(gathered, HeadSize, used, HeadSize, packed, width);
        }

        private void PackKeys(int key, int count, int available, float* packed)
        {
            nint stride = (nint)shape.KeyValueHeads * HeadSize;
            float* source = keys + ((long)key * stride) + (head * HeadSize);
            for (int i = 0; i < count; i += TWide.Rows)
            {
                PackedRows.Pack(source + (i * stride), stride, available - i, HeadSize, TWide.Rows, packed + (i * HeadSize));
            }
        }

        private void PackValues(int key, int count, float* packed)
        {
            nint stride = (nint)shape.KeyValueHeads * HeadSize;
            float* source = values + ((long)key * stride) + (head * HeadSize);
            for (int i = 0; i < count; i++)
            {
                Span<float> row = new(packed + (i * PaddedSize), PaddedSize);
                new ReadOnlySpan<float>(source + (i * stride), HeadSize).CopyTo(row);
                row[HeadSize..].Clear();
            }
        }

        /// <summary>Takes one block of keys into the running softmax of one panel of rows.</summary>
        private void Advance<TTile>(
            PanelLayout rows,
            int panel,
            int key,
            int count,
            float* packedQueries,
            float* packedKeys,
            float* packedValues,
            float* scores,
            float* maxima,
            float* target)
            where TTile : ITile
        {
            int width = TTile.Columns;
            for (int i = 0; i < count; i += TTile.Rows)
            {
                TTile.Multiply(
                    packedKeys + (i * HeadSize), TTile.Rows, packedQueries, width, HeadSize, scores + (i * width), width, accumulate: false);
            }
            VisibleRange union = Union(rows, panel, out bool same);
            if (!same || key < union.First || key + count > union.End)
            {
                Hide(rows, panel, key, count, scores, width);
            }
            for (int column = 0; column < width; column += TLanes.Count)
            {
                Normalize(scores + column, width, count, maxima + column, maxima + TWide.Columns + column, target + (column * PaddedSize));
            }
            PanelLayout outputs = new(PaddedSize, TWide.Columns, TNarrow.Columns);
            for (int row = 0; row < rows.Used(panel); row += TTile.Rows)
            {
                for (int part = 0; part < outputs.Count; part++)
                {
                    float* b = packedValues + outputs.Start(part);
                    float* c = target + (row * PaddedSize) + outputs.Start(part);
                    if (outputs.IsWide(part))
                    {
                        TWide.Multiply(scores + row, width, b, PaddedSize, count, c, PaddedSize, accumulate: true);
                    }
                    else
                    {
                        TNarrow.Multiply(scores + row, width, b, PaddedSize, count, c, PaddedSize, accumulate: true);
                    }
                }
            }
        }

        private void Hide(PanelLayout rows, int panel, int key, int count, float* scores, int width)
        {
            for (int row = 0; row < rows.Used(panel); row++)
            {
                VisibleRange range = visible[(rows.Start(panel) + row) / shape.GroupSize];
                for (int i = 0; i < count; i++)
                {
                    if (key + i < range.First || key + i >= range.End)
                    {
                        // Below the running maximum's start, so that a row that has seen nothing yet gets no weight here either.
                        scores[(i * width) + row] = 2 * Hidden;
                    }
                }
            }
        }

        /// <summary>Turns the scores of some rows, one per lane, into weights relative to their new maximum, and rescales what the rows have summed so far.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Normalize(float* scores, int width, int count, float* maximum, float* total, float* target)
        {
            TVector cap = TLanes.Create(shape.SoftCap);
            TVector doubled = TLanes.Create(2 / shape.SoftCap);
            TVector one = TLanes.Create(1);
            TVector two = TLanes.Create(2);
            TVector before = TLanes.Load(maximum);
            TVector largest = before;
            for (int i = 0; i < count; i++)
            {
                TVector score = TLanes.Load(scores + (i * width));
                if (shape.SoftCap != 0)
                {
                    // tanh(u) = 1 - 2 / (e^2u + 1). Hidden scores stay hidden: they are taken out before the cap would raise them.
                    TVector exponential = Exponential.Apply<TLanes, TVector>(TLanes.Multiply(score, doubled));
                    TVector capped = TLanes.Multiply(TLanes.Subtract(one, TLanes.Divide(two, TLanes.Add(exponential, one))), cap);
                    score = TLanes.Add(capped, TLanes.Min(TLanes.Subtract(score, TLanes.Create(Hidden)), TLanes.Zero));
                    TLanes.Store(score, scores + (i * width));
                }
                largest = TLanes.Max(largest, score);
            }
            TVector sum = TLanes.Zero;
            for (int i = 0; i < count; i++)
            {
                TVector weight = Exponential.Apply<TLanes, TVector>(TLanes.Subtract(TLanes.Load(scores + (i * width)), largest));
                TLanes.Store(weight, scores + (i * width));
                sum = TLanes.Add(sum, weight);
            }
            TVector decay = Exponential.Apply<TLanes, TVector>(TLanes.Subtract(before, largest));
            TLanes.Store(largest, maximum);
            TLanes.Store(TLanes.MultiplyAdd(TLanes.Load(total), decay, sum), total);
            float* factors = stackalloc float[TLanes.Count];
            TLanes.Store(decay, factors);
            for (int row = 0; row < TLanes.Count; row++)
            {
                if (factors[row] != 1)
                {
                    Scale(target + (row * PaddedSize), factors[row]);
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Scale(float* row, float factor)
        {
            TVector scale = TLanes.Create(factor);
            for (int i = 0; i < PaddedSize; i += TLanes.Count)
            {
                TLanes.Store(TLanes.Multiply(TLanes.Load(row + i), scale), row + i);
            }
        }

        private void Store(PanelLayout rows, int panel, float* sums, float* totals)
        {
            for (int i = 0; i < rows.Used(panel); i++)
            {
                float* target = output + Offset(rows.Start(panel) + i);
                float factor = 1 / totals[i];
                for (int j = 0; j < HeadSize; j++)
                {
                    target[j] = sums[(i * PaddedSize) + j] * factor;
                }
            }
        }
    }
}
