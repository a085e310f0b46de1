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
    /// Weight rows that are read side by side, each a long stream of its own that the processor's prefetchers follow. Eight of them hide the latency of memory
    /// and of additions, and load the activations of a long row, which the first-level cache can not hold, an eighth as often.
    /// </summary>
    public const int RowGroup = 8;

    /// <summary>With more tokens, unpacking panels pays.</summary>
    public const int MostTokens = 7;

    /// <summary>Bytes of weights that one task reads: long enough to run undisturbed, short enough to share evenly.</summary>
    private const int TaskBytes = 1 << 18;

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
        int group = count / RowGroup;
        for (int i = 0; i < group; i++)
        {
            // The first token brings the rows into the cache, where the others find them.
            for (int token = 0; token < tokens; token++)
            {
                EightRows<TElement, TStored, TLanes, TVector>(
                    weights + ((long)i * columns),
                    (nint)group * columns,
                    columns,
                    x + ((long)token * columns),
                    y + ((long)token * yStride) + i,
                    group);
            }
        }
        for (int row = RowGroup * group; row < count; row++)
        {
            for (int token = 0; token < tokens; token++)
            {
                y[((long)token * yStride) + row] =
                    OneRow<TElement, TStored, TLanes, TVector>(weights + ((long)row * columns), columns, x + ((long)token * columns));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void EightRows<TElement, TStored, TLanes, TVector>(
        TStored* w0, nint wStride, int columns, float* x, float* y, nint yStride)
        where TElement : IElement<TStored>
        where TStored : unmanaged
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
    {
        TStored* w1 = w0 + wStride;
        TStored* w2 = w1 + wStride;
        TStored* w3 = w2 + wStride;
        TStored* w4 = w3 + wStride;
        TStored* w5 = w4 + wStride;
        TStored* w6 = w5 + wStride;
        TStored* w7 = w6 + wStride;
        TVector a0 = TLanes.Zero, a1 = TLanes.Zero, a2 = TLanes.Zero, a3 = TLanes.Zero;
        TVector a4 = TLanes.Zero, a5 = TLanes.Zero, a6 = TLanes.Zero, a7 = TLanes.Zero;
        int k = 0;
        for (; k <= columns - TLanes.Count; k += TLanes.Count)
        {
            TVector value = TLanes.Load(x + k);
            a0 = TLanes.MultiplyAdd(TLanes.Convert<TElement, TStored>(w0 + k), value, a0);
            a1 = TLanes.MultiplyAdd(TLanes.Convert<TElement, TStored>(w1 + k), value, a1);
            a2 = TLanes.MultiplyAdd(TLanes.Convert<TElement, TStored>(w2 + k), value, a2);
            a3 = TLanes.MultiplyAdd(TLanes.Convert<TElement, TStored>(w3 + k), value, a3);
            a4 = TLanes.MultiplyAdd(TLanes.Convert<TElement, TStored>(w4 + k), value, a4);
            a5 = TLanes.MultiplyAdd(TLanes.Convert<TElement, TStored>(w5 + k), value, a5);
            a6 = TLanes.MultiplyAdd(TLanes.Convert<TElement, TStored>(w6 + k), value, a6);
            a7 = TLanes.MultiplyAdd(TLanes.Convert<TElement, TStored>(w7 + k), value, a7);
        }
        y[0] = TLanes.Sum(a0);
        y[yStride] = TLanes.Sum(a1);
        y[2 * yStride] = TLanes.Sum(a2);
        y[3 * yStride] = TLanes.Sum(a3);
        y[4 * yStride] = TLanes.Sum(a4);
        y[5 * yStride] = TLanes.Sum(a5);
        y[6 * yStride] = TLanes.Sum(a6);
        y[7 * yStride] = TLanes.Sum(a7);
        for (; k < columns; k++)
        {
            for (int i = 0; i < RowGroup; i++)
            {
                y[i * yStride] += TElement.Load(w0 + (i * wStride) + k) * x[k];
            }
        }
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
