using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using PaliGemma.Kernels.Simd;

namespace PaliGemma.Kernels;

/// <summary>Gemma's root-mean-square norm (modeling_gemma.py, <c>GemmaRMSNorm</c>): y = x / sqrt(mean(x²) + ε) · (1 + w).</summary>
public static unsafe class RmsNorm
{
    /// <summary>Normalises every row of <paramref name="x"/> [rows, width] to <paramref name="y"/>, which may be the same memory.</summary>
    /// <param name="x">[rows, width].</param>
    /// <param name="weight">w [width].</param>
    /// <param name="epsilon">ε.</param>
    /// <param name="y">[rows, width].</param>
    /// <param name="pool">The threads that share the work.</param>
    public static void Apply(ReadOnlySpan<float> x, ReadOnlySpan<float> weight, float epsilon, Span<float> y, WorkerPool pool)
    {
        ArgumentNullException.ThrowIfNull(pool);
        int width = weight.Length;
        ArgumentOutOfRangeException.ThrowIfNotEqual(x.Length % width, 0, nameof(x));
        ArgumentOutOfRangeException.ThrowIfNotEqual(y.Length, x.Length, nameof(y));
        fixed (float* input = x, scale = weight, output = y)
        {
            float* source = input;
            float* target = output;
            float* w = scale;
            pool.ForRanges(x.Length / width, 4, (start, end) =>
            {
                for (int row = start; row < end; row++)
                {
                    float* from = source + ((long)row * width);
                    float* to = target + ((long)row * width);
                    if (Vector512.IsHardwareAccelerated)
                    {
                        Row<Lanes512, Vector512<float>>(from, w, epsilon, to, width);
                    }
                    else if (Vector256.IsHardwareAccelerated)
                    {
                        Row<Lanes256, Vector256<float>>(from, w, epsilon, to, width);
                    }
                    else
                    {
                        Row<Lanes128, Vector128<float>>(from, w, epsilon, to, width);
                    }
                }
            });
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Row<TLanes, TVector>(float* x, float* weight, float epsilon, float* y, int width)
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
    {
        int vectors = width - (width % TLanes.Count);
        TVector squares = TLanes.Zero;
        for (int i = 0; i < vectors; i += TLanes.Count)
        {
            TVector value = TLanes.Load(x + i);
            squares = TLanes.MultiplyAdd(value, value, squares);
        }
        double sum = TLanes.Sum(squares);
        for (int i = vectors; i < width; i++)
        {
            sum += x[i] * x[i];
        }
        float factor = (float)(1 / Math.Sqrt((sum / width) + epsilon));
        TVector scale = TLanes.Create(factor);
        TVector one = TLanes.Create(1);
        for (int i = 0; i < vectors; i += TLanes.Count)
        {
            TLanes.Store(TLanes.Multiply(TLanes.Multiply(TLanes.Load(x + i), scale), TLanes.Add(TLanes.Load(weight + i), one)), y + i);
        }
        for (int i = vectors; i < width; i++)
        {
            y[i] = x[i] * factor * (weight[i] + 1);
        }
    }
}
