using System.Runtime.Intrinsics;

namespace PaliGemma.Kernels.Products;

/// <summary>The last step of a product of quantised values: sums that are multiplied by scales.</summary>
internal static unsafe class ScaledSums
{
    /// <summary>y[i] = sums[i] · <paramref name="factor"/>.</summary>
    public static void Store(float* sums, float factor, float* y, int count)
    {
        int i = 0;
        for (; i <= count - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            (Vector256.Load(sums + i) * factor).Store(y + i);
        }
        for (; i < count; i++)
        {
            y[i] = sums[i] * factor;
        }
    }

    /// <summary>y[i] += sums[i].</summary>
    public static void Add(float* sums, float* y, int count)
    {
        int i = 0;
        for (; i <= count - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            (Vector256.Load(y + i) + Vector256.Load(sums + i)).Store(y + i);
        }
        for (; i < count; i++)
        {
            y[i] += sums[i];
        }
    }

    /// <summary>y[i] *= scales[i] · <paramref name="factor"/>.</summary>
    public static void Scale(float* y, float* scales, float factor, int count)
    {
        int i = 0;
        for (; i <= count - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            (Vector256.Load(y + i) * (Vector256.Load(scales + i) * factor)).Store(y + i);
        }
        for (; i < count; i++)
        {
            y[i] *= scales[i] * factor;
        }
    }
}
