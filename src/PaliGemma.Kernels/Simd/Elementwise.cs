using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PaliGemma.Kernels.Simd;

/// <summary>x[i] = f(x[i], y[i]) over long arrays, on all threads of a pool.</summary>
internal static unsafe class Elementwise
{
    /// <summary>Values per task: below it, waking another thread costs more than it saves.</summary>
    private const int Granularity = 1 << 13;

    /// <summary>Applies <typeparamref name="TFunction"/>; <paramref name="y"/> is as long as <paramref name="x"/>.</summary>
    public static void Apply<TFunction>(Span<float> x, ReadOnlySpan<float> y, WorkerPool pool)
        where TFunction : IElementwise
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(y.Length, x.Length, nameof(y));
        fixed (float* left = x, right = y)
        {
            float* target = left;
            float* source = right;
            pool.ForRanges(x.Length, Granularity, (start, end) => Run<TFunction>(target + start, source + start, end - start));
        }
    }

    /// <summary>One thread's part.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TFunction>(float* x, float* y, int length, float parameter = 0)
        where TFunction : IElementwise
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Run<TFunction, Lanes512, Vector512<float>>(x, y, length, parameter);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            Run<TFunction, Lanes256, Vector256<float>>(x, y, length, parameter);
        }
        else
        {
            Run<TFunction, Lanes128, Vector128<float>>(x, y, length, parameter);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Run<TFunction, TLanes, TVector>(float* x, float* y, int length, float parameter)
        where TFunction : IElementwise
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
    {
        TVector constant = TLanes.Create(parameter);
        int i = 0;
        for (; i <= length - TLanes.Count; i += TLanes.Count)
        {
            TLanes.Store(TFunction.Apply<TLanes, TVector>(TLanes.Load(x + i), TLanes.Load(y + i), constant), x + i);
        }
        if (i == length)
        {
            return;
        }
        // The rest goes through a whole register, so that every value is computed by the same instructions wherever it lies.
        float* rest = stackalloc float[2 * TLanes.Count];
        int count = length - i;
        new ReadOnlySpan<float>(x + i, count).CopyTo(new Span<float>(rest, count));
        new ReadOnlySpan<float>(y + i, count).CopyTo(new Span<float>(rest + TLanes.Count, count));
        TLanes.Store(TFunction.Apply<TLanes, TVector>(TLanes.Load(rest), TLanes.Load(rest + TLanes.Count), constant), rest);
        new ReadOnlySpan<float>(rest, count).CopyTo(new Span<float>(x + i, count));
    }
}
