using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using PaliGemma.Kernels.Simd;

namespace PaliGemma.Kernels;

/// <summary>p[i] = e^x[i] / Σ_j e^x[j].</summary>
public static unsafe class Softmax
{
    /// <summary>log Σ_i e^x[i], the logarithm of the softmax's denominator; negative infinity where every value is.</summary>
    public static float LogSumExp(ReadOnlySpan<float> x)
    {
        fixed (float* values = x)
        {
            return Vector512.IsHardwareAccelerated ? LogSumExp<Lanes512, Vector512<float>>(values, x.Length)
                : Vector256.IsHardwareAccelerated ? LogSumExp<Lanes256, Vector256<float>>(values, x.Length)
                : LogSumExp<Lanes128, Vector128<float>>(values, x.Length);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float LogSumExp<TLanes, TVector>(float* x, int length)
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
    {
        float maximum = float.NegativeInfinity;
        int i = 0;
        if (length >= TLanes.Count)
        {
            TVector largest = TLanes.Load(x);
            for (i = TLanes.Count; i <= length - TLanes.Count; i += TLanes.Count)
            {
                largest = TLanes.Max(largest, TLanes.Load(x + i));
            }
            float* lanes = stackalloc float[TLanes.Count];
            TLanes.Store(largest, lanes);
            for (int lane = 0; lane < TLanes.Count; lane++)
            {
                maximum = Math.Max(maximum, lanes[lane]);
            }
        }
        for (; i < length; i++)
        {
            maximum = Math.Max(maximum, x[i]);
        }
        if (float.IsNegativeInfinity(maximum))
        {
            return maximum;
        }
        TVector shift = TLanes.Create(maximum);
        // Long vocabularies: partial sums in float64 keep the many small terms.
        double sum = 0;
        for (i = 0; i <= length - TLanes.Count; i += TLanes.Count)
        {
            sum += TLanes.Sum(Exponential.Apply<TLanes, TVector>(TLanes.Subtract(TLanes.Load(x + i), shift)));
        }
        for (; i < length; i++)
        {
            sum += Math.Exp((double)x[i] - maximum);
        }
        return (float)(maximum + Math.Log(sum));
    }
}
