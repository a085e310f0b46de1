using System.Numerics;
using System.Runtime.Intrinsics;

namespace PaliGemma.Kernels.Products;

/// <summary>Activations rounded to integers, with one factor per token (or per segment) that scales them back: x ≈ q · factor.</summary>
internal static unsafe class QuantizedActivations
{
    /// <summary>The threshold of LLM.int8() (arXiv:2208.07339): a column with a larger magnitude among the tokens is not quantised.</summary>
    public const float OutlierThreshold = 6;

    /// <summary>The largest magnitude of a signed byte's activation.</summary>
    public const int LargestByte = 127;

    /// <summary>Elements of a segment of quads: one block of the 4-bit format that they multiply.</summary>
    public const int QuadSegment = 32;

    /// <summary>Words of a quantised segment of quads: sum, factor and 8 words of 4 bytes.</summary>
    public const int QuadSegmentWords = 2 + (QuadSegment / 4);

    /// <summary>Rounds every token to 16-bit integers up to <paramref name="largest"/>.</summary>
    /// <param name="x">[tokens, columns].</param>
    /// <param name="tokens">Tokens.</param>
    /// <param name="columns">Values per token.</param>
    /// <param name="largest">The integer that a token's largest magnitude becomes.</param>
    /// <param name="pairs">[tokens, stride].</param>
    /// <param name="stride">At least <paramref name="columns"/>; what is behind them becomes zero.</param>
    /// <param name="factors">[tokens].</param>
    /// <param name="pool">The threads.</param>
    public static void ToPairs(float* x, int tokens, int columns, int largest, short* pairs, int stride, float* factors, WorkerPool pool) =>
        pool.ForRanges(tokens, 1, (start, end) =>
        {
            for (int token = start; token < end; token++)
            {
                float* row = x + ((long)token * columns);
                float magnitude = LargestMagnitude(row, columns);
                factors[token] = magnitude / largest;
                Round(row, columns, Factor(largest, magnitude), pairs + ((long)token * stride), stride);
            }
        });

    /// <summary>
    /// As LLM.int8() does: a token's factor comes from its values below <see cref="OutlierThreshold"/>, and the columns where any token reaches it become zero.
    /// </summary>
    /// <param name="x">[tokens, columns].</param>
    /// <param name="tokens">Tokens.</param>
    /// <param name="columns">Values per token.</param>
    /// <param name="pairs">[tokens, stride].</param>
    /// <param name="stride">At least <paramref name="columns"/>; what is behind them becomes zero.</param>
    /// <param name="factors">[tokens].</param>
    /// <param name="pool">The threads.</param>
    /// <returns>The columns left out, in order.</returns>
    public static int[] ToPairsWithoutOutliers(
        float* x, int tokens, int columns, short* pairs, int stride, float* factors, WorkerPool pool)
    {
        int* marks = (int*)Scratch.Floats(Scratch.Purpose.OutlierColumns, columns);
        new Span<int>(marks, columns).Clear();
        pool.ForRanges(tokens, 1, (start, end) =>
        {
            for (int token = start; token < end; token++)
            {
                factors[token] = LargestBelowThreshold(x + ((long)token * columns), columns, marks) / LargestByte;
            }
        });
        int[] outliers = Marked(new ReadOnlySpan<int>(marks, columns));
        pool.ForRanges(tokens, 1, (start, end) =>
        {
            for (int token = start; token < end; token++)
            {
                short* row = pairs + ((long)token * stride);
                float factor = factors[token];
                Round(x + ((long)token * columns), columns, Factor(LargestByte, factor * LargestByte), row, stride);
                foreach (int column in outliers)
                {
                    row[column] = 0;
                }
            }
        });
        return outliers;
    }

    /// <summary>
    /// Rounds to signed bytes, with a factor for each segment of <see cref="QuadSegment"/> values: a large value costs its own segment precision only.
    /// Each segment becomes <see cref="QuadSegmentWords"/> words: -8 times the sum of each word half, the factor, and the bytes.
    /// </summary>
    /// <param name="x">[tokens, columns].</param>
    /// <param name="tokens">Tokens.</param>
    /// <param name="columns">Values per token.</param>
    /// <param name="words">[tokens, segments, <see cref="QuadSegmentWords"/>].</param>
    /// <param name="pool">The threads.</param>
    public static void ToQuads(float* x, int tokens, int columns, float* words, WorkerPool pool)
    {
        int segments = (columns + QuadSegment - 1) / QuadSegment;
        pool.ForRanges(tokens, 1, (start, end) =>
        {
            short* rounded = stackalloc short[QuadSegment];
            for (int token = start; token < end; token++)
            {
                for (int segment = 0; segment < segments; segment++)
                {
                    int first = segment * QuadSegment;
                    int count = Math.Min(QuadSegment, columns - first);
                    float* values = x + ((long)token * columns) + first;
                    float magnitude = LargestMagnitude(values, count);
                    Round(values, count, Factor(LargestByte, magnitude), rounded, QuadSegment);
                    float* target = words + ((((long)token * segments) + segment) * QuadSegmentWords);
                    WriteQuads(rounded, target);
                    target[1] = magnitude / LargestByte;
                }
            }
        });
    }

    private static void WriteQuads(short* rounded, float* target)
    {
        sbyte* bytes = (sbyte*)(target + 2);
        short low = 0;
        short high = 0;
        for (int i = 0; i < QuadSegment; i += 4)
        {
            low += (short)(rounded[i] + rounded[i + 1]);
            high += (short)(rounded[i + 2] + rounded[i + 3]);
        }
        for (int i = 0; i < QuadSegment; i += Vector256<sbyte>.Count)
        {
            Vector256.Narrow(Vector256.Load(rounded + i), Vector256.Load(rounded + i + Vector256<short>.Count)).Store(bytes + i);
        }
        short* start = (short*)target;
        start[0] = (short)(-8 * low);
        start[1] = (short)(-8 * high);
    }

    /// <summary>What to multiply by; zero where there is nothing to scale.</summary>
    private static float Factor(int largest, float magnitude) => magnitude > 0 ? largest / magnitude : 0;

    private static float LargestMagnitude(float* x, int count)
    {
        Vector256<float> largest = Vector256<float>.Zero;
        int i = 0;
        for (; i <= count - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            largest = Vector256.MaxNative(largest, Vector256.Abs(Vector256.Load(x + i)));
        }
        float result = 0;
        for (int lane = 0; lane < Vector256<float>.Count; lane++)
        {
            result = Math.Max(result, largest[lane]);
        }
        for (; i < count; i++)
        {
            result = Math.Max(result, Math.Abs(x[i]));
        }
        return result;
    }

    /// <summary>The largest magnitude below the threshold; columns that reach it are marked. Threads may mark the same column at once.</summary>
    private static float LargestBelowThreshold(float* x, int count, int* marks)
    {
        Vector256<float> threshold = Vector256.Create(OutlierThreshold);
        Vector256<float> largest = Vector256<float>.Zero;
        int i = 0;
        for (; i <= count - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            Vector256<float> magnitude = Vector256.Abs(Vector256.Load(x + i));
            Vector256<float> outlier = Vector256.GreaterThanOrEqual(magnitude, threshold);
            largest = Vector256.MaxNative(largest, Vector256.AndNot(magnitude, outlier));
            for (uint bits = outlier.ExtractMostSignificantBits(); bits != 0; bits &= bits - 1)
            {
                marks[i + BitOperations.TrailingZeroCount(bits)] = 1;
            }
        }
        float result = 0;
        for (int lane = 0; lane < Vector256<float>.Count; lane++)
        {
            result = Math.Max(result, largest[lane]);
        }
        for (; i < count; i++)
        {
            float magnitude = Math.Abs(x[i]);
            if (magnitude >= OutlierThreshold)
            {
                marks[i] = 1;
            }
            else
            {
                result = Math.Max(result, magnitude);
            }
        }
        return result;
    }

    private static int[] Marked(ReadOnlySpan<int> marks)
    {
        int[] columns = new int[marks.Count(1)];
        int next = 0;
        for (int i = 0; next < columns.Length; i++)
        {
            if (marks[i] != 0)
            {
                columns[next++] = i;
            }
        }
        return columns;
    }

    /// <summary>To nearest, ties to even; zero from <paramref name="count"/> up to <paramref name="length"/>.</summary>
    private static void Round(float* x, int count, float factor, short* destination, int length)
    {
        int i = 0;
        for (; i <= count - Vector256<short>.Count; i += Vector256<short>.Count)
        {
            Vector256<int> low = Vector256.ConvertToInt32Native(Vector256.Round(Vector256.Load(x + i) * factor));
            Vector256<int> high = Vector256.ConvertToInt32Native(Vector256.Round(Vector256.Load(x + i + Vector256<int>.Count) * factor));
            Vector256.Narrow(low, high).Store(destination + i);
        }
        for (; i < count; i++)
        {
            destination[i] = (short)MathF.Round(x[i] * factor);
        }
        new Span<short>(destination + i, length - i).Clear();
    }
}
