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

    /// <summary>The largest magnitude of an activation that is multiplied by unsigned bytes of 8 bits.</summary>
    public const int LargestNarrow = 63;

    /// <summary>Elements of a segment of quads: one block of the 4-bit format that they multiply.</summary>
    public const int QuadSegment = 32;

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

    /// <summary>Words of a segment of bytes: what the sum starts at, the factor, and four elements per word.</summary>
    public static int SegmentWords(int segment) => 2 + (segment / 4);

    /// <summary>
    /// Rounds to signed bytes up to 127 for <see cref="Simd.QuadLanes512"/> and its like, with a factor for each segment of <see cref="QuadSegment"/> values: a large
    /// value costs its own segment precision only. A sum starts, in each half of the word, at -8 times the activations' sum.
    /// </summary>
    /// <param name="x">[tokens, columns].</param>
    /// <param name="tokens">Tokens.</param>
    /// <param name="columns">Values per token.</param>
    /// <param name="words">[tokens, segments, <see cref="SegmentWords"/>].</param>
    /// <param name="pool">The threads.</param>
    public static void ToQuads(float* x, int tokens, int columns, float* words, WorkerPool pool) =>
        ToBytes(x, tokens, columns, QuadSegment, LargestByte, words, static rounded => Eightfold(rounded), pool);

    /// <summary>
    /// Rounds to signed bytes up to <see cref="LargestNarrow"/> for <see cref="Simd.ByteLanes512"/> and its like, with a factor for each segment. A sum starts at -128
    /// times the activations' sum.
    /// </summary>
    /// <param name="x">[tokens, columns].</param>
    /// <param name="tokens">Tokens.</param>
    /// <param name="columns">Values per token.</param>
    /// <param name="segment">Values per segment: a multiple of 16 up to 64.</param>
    /// <param name="words">[tokens, segments, <see cref="SegmentWords"/>].</param>
    /// <param name="pool">The threads.</param>
    public static void ToNarrowBytes(float* x, int tokens, int columns, int segment, float* words, WorkerPool pool) =>
        ToBytes(x, tokens, columns, segment, LargestNarrow, words, static rounded => -128 * Sum(rounded), pool);

    private static void ToBytes(
        float* x, int tokens, int columns, int segment, int largest, float* words, Func<Span<short>, int> start, WorkerPool pool)
    {
        int segments = (columns + segment - 1) / segment;
        int segmentWords = SegmentWords(segment);
        pool.ForRanges(tokens, 1, (firstToken, endToken) =>
        {
            short* rounded = stackalloc short[64];
            for (int token = firstToken; token < endToken; token++)
            {
                for (int index = 0; index < segments; index++)
                {
                    int first = index * segment;
                    int count = Math.Min(segment, columns - first);
                    float* values = x + ((long)token * columns) + first;
                    float magnitude = LargestMagnitude(values, count);
                    Round(values, count, Factor(largest, magnitude), rounded, segment);
                    float* target = words + ((((long)token * segments) + index) * segmentWords);
                    *(int*)target = start(new Span<short>(rounded, segment));
                    target[1] = magnitude / largest;
                    Narrow(rounded, segment, (sbyte*)(target + 2));
                }
            }
        });
    }

    private static int Sum(Span<short> rounded) => Vector128.Sum(LaneSums(rounded));

    private static int Eightfold(Span<short> rounded)
    {
        Vector128<short> sums = LaneSums(rounded);
        int low = sums[0] + sums[1] + sums[4] + sums[5];
        int high = sums[2] + sums[3] + sums[6] + sums[7];
        return (ushort)(-8 * low) | (-8 * high << 16);
    }

    /// <summary>Every eighth value added up; a segment's sum fits 16 bits.</summary>
    private static Vector128<short> LaneSums(Span<short> rounded)
    {
        Vector128<short> sums = default;
        for (int i = 0; i < rounded.Length; i += Vector128<short>.Count)
        {
            sums += Vector128.Create<short>(rounded[i..]);
        }
        return sums;
    }

    private static void Narrow(short* values, int count, sbyte* bytes)
    {
        for (int i = 0; i < count; i += Vector128<sbyte>.Count)
        {
            Vector128.Narrow(Vector128.Load(values + i), Vector128.Load(values + i + Vector128<short>.Count)).Store(bytes + i);
        }
    }

    /// <summary>What to multiply by; zero where there is nothing to scale.</summary>
    private static float Factor(int largest, float magnitude) => magnitude > 0 ? largest / magnitude : 0;

    /// <summary>
    /// Compared as integers, magnitudes order as they do as numbers, and what is not a number is above all: it becomes the factor, and so all the token's results.
    /// </summary>
    private static float LargestMagnitude(float* x, int count)
    {
        Vector256<int> largest = Vector256<int>.Zero;
        int i = 0;
        for (; i <= count - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            largest = Vector256.Max(largest, Vector256.Abs(Vector256.Load(x + i)).AsInt32());
        }
        int result = 0;
        for (int lane = 0; lane < Vector256<float>.Count; lane++)
        {
            result = Math.Max(result, largest[lane]);
        }
        for (; i < count; i++)
        {
            result = Math.Max(result, BitConverter.SingleToInt32Bits(Math.Abs(x[i])));
        }
        return BitConverter.Int32BitsToSingle(result);
    }

    /// <summary>
    /// The largest magnitude below the threshold; columns that reach it, or are not a number, are marked. Threads may mark the same column at once.
    /// </summary>
    private static float LargestBelowThreshold(float* x, int count, int* marks)
    {
        Vector256<float> threshold = Vector256.Create(OutlierThreshold);
        Vector256<float> largest = Vector256<float>.Zero;
        int i = 0;
        for (; i <= count - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            Vector256<float> magnitude = Vector256.Abs(Vector256.Load(x + i));
            Vector256<float> below = Vector256.LessThan(magnitude, threshold);
            largest = Vector256.MaxNative(largest, magnitude & below);
            for (uint bits = (~below).ExtractMostSignificantBits(); bits != 0; bits &= bits - 1)
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
            if (magnitude < OutlierThreshold)
            {
                result = Math.Max(result, magnitude);
            }
            else
            {
                marks[i] = 1;
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
