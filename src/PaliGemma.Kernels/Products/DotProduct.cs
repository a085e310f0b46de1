using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using PaliGemma.Kernels.Formats;
using PaliGemma.Kernels.Simd;

namespace PaliGemma.Kernels.Products;

/// <summary>
/// The matrix product for one token or a few: every weight is read once from memory and multiplied in registers, so that the speed is that of memory.
/// </summary>
internal static unsafe class DotProduct
{
    /// <summary>
    /// Weight rows that are read side by side. They lie a quarter of the weights apart, so that each is a long stream of its own for the processor's prefetcher
    /// and for ours.
    /// </summary>
    public const int RowGroup = 4;

    /// <summary>With more tokens, unpacking panels pays.</summary>
    public const int MostTokens = 7;

    /// <summary>Bytes of weights that one task reads: long enough to run undisturbed, short enough to share evenly.</summary>
    private const int TaskBytes = 1 << 18;

    /// <summary>How far ahead of the products weights are asked for: the latency of memory at the rate of one core.</summary>
    public const int PrefetchBytes = 1024;

    /// <summary>Weight rows per task, given the bytes of one row: a multiple of <see cref="RowGroup"/>.</summary>
    public static int TaskRows(long rowBytes) => (int)Math.Max(1, TaskBytes / rowBytes / RowGroup) * RowGroup;

    /// <summary>y[t · <paramref name="yStride"/> + r] = Σ_c x[t, c] · w[r, c].</summary>
    /// <param name="weights">[count, columns], row-major.</param>
    /// <param name="columns">Length of each dot product.</param>
    /// <param name="count">Weight rows.</param>
    /// <param name="x">[tokens, columns], row-major.</param>
    /// <param name="tokens">Tokens.</param>
    /// <param name="y">One row of results per token.</param>
    /// <param name="yStride">Elements from one token's results to the next's.</param>
    public static void Rows<TElement, TStored>(TStored* weights, int columns, int count, float* x, int tokens, float* y, int yStride)
        where TElement : IElement<TStored>
        where TStored : unmanaged
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Rows<TElement, TStored, Lanes512, Vector512<float>>(weights, columns, count, x, tokens, y, yStride);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            Rows<TElement, TStored, Lanes256, Vector256<float>>(weights, columns, count, x, tokens, y, yStride);
        }
        else
        {
            Rows<TElement, TStored, Lanes128, Vector128<float>>(weights, columns, count, x, tokens, y, yStride);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Rows<TElement, TStored, TLanes, TVector>(
        TStored* weights, int columns, int count, float* x, int tokens, float* y, int yStride)
        where TElement : IElement<TStored>
        where TStored : unmanaged
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
    {
        int quarter = count / RowGroup;
        for (int i = 0; i < quarter; i++)
        {
            // The first token brings the rows into the cache, where the others find them.
            for (int token = 0; token < tokens; token++)
            {
                FourRows<TElement, TStored, TLanes, TVector>(
                    weights + ((long)i * columns),
                    (nint)quarter * columns,
                    columns,
                    x + ((long)token * columns),
                    y + ((long)token * yStride) + i,
                    quarter);
            }
        }
        int row = RowGroup * quarter;
        for (; row < count; row++)
        {
            for (int token = 0; token < tokens; token++)
            {
                y[((long)token * yStride) + row] =
                    OneRow<TElement, TStored, TLanes, TVector>(weights + ((long)row * columns), columns, x + ((long)token * columns));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourRows<TElement, TStored, TLanes, TVector>(
        TStored* w0, nint wStride, int columns, float* x, float* y, nint yStride)
        where TElement : IElement<TStored>
        where TStored : unmanaged
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
    {
        TStored* w1 = w0 + wStride;
        TStored* w2 = w1 + wStride;
        TStored* w3 = w2 + wStride;
        TVector a0 = TLanes.Zero, a1 = TLanes.Zero, a2 = TLanes.Zero, a3 = TLanes.Zero;
        TVector b0 = TLanes.Zero, b1 = TLanes.Zero, b2 = TLanes.Zero, b3 = TLanes.Zero;
        int k = 0;
        for (; k <= columns - (2 * TLanes.Count); k += 2 * TLanes.Count)
        {
            Prefetch.Near((byte*)(w0 + k) + PrefetchBytes);
            Prefetch.Near((byte*)(w1 + k) + PrefetchBytes);
            Prefetch.Near((byte*)(w2 + k) + PrefetchBytes);
            Prefetch.Near((byte*)(w3 + k) + PrefetchBytes);
            TVector value = TLanes.Load(x + k);
            a0 = TLanes.MultiplyAdd(TLanes.Convert<TElement, TStored>(w0 + k), value, a0);
            a1 = TLanes.MultiplyAdd(TLanes.Convert<TElement, TStored>(w1 + k), value, a1);
            a2 = TLanes.MultiplyAdd(TLanes.Convert<TElement, TStored>(w2 + k), value, a2);
            a3 = TLanes.MultiplyAdd(TLanes.Convert<TElement, TStored>(w3 + k), value, a3);
            value = TLanes.Load(x + k + TLanes.Count);
            b0 = TLanes.MultiplyAdd(TLanes.Convert<TElement, TStored>(w0 + k + TLanes.Count), value, b0);
            b1 = TLanes.MultiplyAdd(TLanes.Convert<TElement, TStored>(w1 + k + TLanes.Count), value, b1);
            b2 = TLanes.MultiplyAdd(TLanes.Convert<TElement, TStored>(w2 + k + TLanes.Count), value, b2);
            b3 = TLanes.MultiplyAdd(TLanes.Convert<TElement, TStored>(w3 + k + TLanes.Count), value, b3);
        }
        float s0 = TLanes.Sum(TLanes.Add(a0, b0));
        float s1 = TLanes.Sum(TLanes.Add(a1, b1));
        float s2 = TLanes.Sum(TLanes.Add(a2, b2));
        float s3 = TLanes.Sum(TLanes.Add(a3, b3));
        for (; k < columns; k++)
        {
            s0 += TElement.Load(w0 + k) * x[k];
            s1 += TElement.Load(w1 + k) * x[k];
            s2 += TElement.Load(w2 + k) * x[k];
            s3 += TElement.Load(w3 + k) * x[k];
        }
        y[0] = s0;
        y[yStride] = s1;
        y[2 * yStride] = s2;
        y[3 * yStride] = s3;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float OneRow<TElement, TStored, TLanes, TVector>(TStored* w, int columns, float* x)
        where TElement : IElement<TStored>
        where TStored : unmanaged
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
    {
        TVector a = TLanes.Zero, b = TLanes.Zero;
        int k = 0;
        for (; k <= columns - (2 * TLanes.Count); k += 2 * TLanes.Count)
        {
            a = TLanes.MultiplyAdd(TLanes.Convert<TElement, TStored>(w + k), TLanes.Load(x + k), a);
            b = TLanes.MultiplyAdd(TLanes.Convert<TElement, TStored>(w + k + TLanes.Count), TLanes.Load(x + k + TLanes.Count), b);
        }
        float sum = TLanes.Sum(TLanes.Add(a, b));
        for (; k < columns; k++)
        {
            sum += TElement.Load(w + k) * x[k];
        }
        return sum;
    }
}
