using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using PaliGemma.Kernels.Simd;

namespace PaliGemma.Kernels;

/// <summary>Layer normalisation (Ba et al., arXiv:1607.06450): y = (x - mean(x)) / sqrt(var(x) + ε) · w + b.</summary>
public static unsafe class LayerNorm
{
    /// <summary>Normalises every row of <paramref name="x"/> [rows, width] to <paramref name="y"/>, which may be the same memory.</summary>
    /// <param name="x">[rows, width].</param>
    /// <param name="weight">w [width].</param>
    /// <param name="bias">b [width].</param>
    /// <param name="epsilon">ε.</param>
    /// <param name="y">[rows, width].</param>
    /// <param name="pool">The threads that share the work.</param>
    public static void Apply(
        ReadOnlySpan<float> x, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias, float epsilon, Span<float> y, WorkerPool pool)
    {
        ArgumentNullException.ThrowIfNull(pool);
        int width = weight.Length;
        ArgumentOutOfRangeException.ThrowIfNotEqual(bias.Length, width, nameof(bias));
        ArgumentOutOfRangeException.ThrowIfNotEqual(x.Length % width, 0, nameof(x));
        ArgumentOutOfRangeException.ThrowIfNotEqual(y.Length, x.Length, nameof(y));
        fixed (float* input = x, scale = weight, shift = bias, output = y)
        {
            float* source = input;
            float* target = output;
            float* w = scale;
            float* b = shift;
            pool.ForRanges(x.Length / width, 4, (start, end) =>
            {
                for (int row = start; row < end; row++)
                {
                    float* from = source + ((long)row * width);
                    float* to = target + ((long)row * width);
                    if (Vector512.IsHardwareAccelerated)
                    {
                        Row<Lanes512, Vector512<float>>(from, w, b, epsilon, to, width);
                    }
                    else if (Vector256.IsHardwareAccelerated)
                    {
                        Row<Lanes256, Vector256<float>>(from, w, b, epsilon, to, width);
                    }
                    else
                    {
                        Row<Lanes128, Vector128<float>>(from, w, b, epsilon, to, width);
                    }
                }
            });
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Row<TLanes, TVector>(float* x, float* weight, float* bias, float epsilon, float* y, int width)
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
    {
        int vectors = width - (width % TLanes.Count);
        TVector sums = TLanes.Zero;
        for (int i = 0; i < vectors; i += TLanes.Count)
        {
            sums = TLanes.Add(sums, TLanes.Load(x + i));
        }
        double sum = TLanes.Sum(sums);
        for (int i = vectors; i < width; i++)
        {
            sum += x[i];
        }
        float mean = (float)(sum / width);
        // A second pass over a row that lies in the cache: the difference of large squares would lose digits.
        TVector center = TLanes.Create(mean);
        TVector squares = TLanes.Zero;
        for (int i = 0; i < vectors; i += TLanes.Count)
        {
            TVector deviation = TLanes.Subtract(TLanes.Load(x + i), center);
            squares = TLanes.MultiplyAdd(deviation, deviation, squares);
        }
        double variance = TLanes.Sum(squares);
        for (int i = vectors; i < width; i++)
        {
            variance += (x[i] - mean) * (x[i] - mean);
        }
        float factor = (float)(1 / Math.Sqrt((variance / width) + epsilon));
        TVector scale = TLanes.Create(factor);
        for (int i = 0; i < vectors; i += TLanes.Count)
        {
            TVector normal = TLanes.Multiply(TLanes.Subtract(TLanes.Load(x + i), center), scale);
            TLanes.Store(TLanes.MultiplyAdd(normal, TLanes.Load(weight + i), TLanes.Load(bias + i)), y + i);
        }
        for (int i = vectors; i < width; i++)
        {
            y[i] = ((x[i] - mean) * factor * weight[i]) + bias[i];
        }
    }
}
