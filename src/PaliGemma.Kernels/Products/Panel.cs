using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using PaliGemma.Kernels.Formats;
using PaliGemma.Kernels.Simd;

namespace PaliGemma.Kernels.Products;

/// <summary>The right operand of a tile: rows turned into columns, so that one step of the depth loads values of neighbouring rows: [depth, width].</summary>
internal static unsafe class Panel
{
    /// <summary>
    /// Converts and transposes: panel[k · <paramref name="width"/> + r] = source[r · <paramref name="stride"/> + k]; columns without a row become zero.
    /// </summary>
    /// <param name="source">The first row.</param>
    /// <param name="stride">Elements from one row to the next.</param>
    /// <param name="rows">Rows, at most <paramref name="width"/>.</param>
    /// <param name="depth">Elements per row.</param>
    /// <param name="panel">[depth, width].</param>
    /// <param name="width">A multiple of the register width.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Transpose<TElement, TStored>(TStored* source, nint stride, int rows, int depth, float* panel, int width)
        where TElement : IElement<TStored>
        where TStored : unmanaged
    {
        int done = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            done = Squares<TElement, TStored, Lanes512, Vector512<float>>(source, stride, rows, done, depth, panel, width);
        }
        // Segments of quantised weights can be shorter than the widest register.
        if (Vector256.IsHardwareAccelerated)
        {
            done = Squares<TElement, TStored, Lanes256, Vector256<float>>(source, stride, rows, done, depth, panel, width);
        }
        done = Squares<TElement, TStored, Lanes128, Vector128<float>>(source, stride, rows, done, depth, panel, width);
        Elements<TElement, TStored>(source, stride, 0, rows, done, depth, panel, width);
    }

    /// <summary>Transposes elements from <paramref name="start"/> on, as many as whole squares hold, and returns where they end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Squares<TElement, TStored, TLanes, TVector>(
        TStored* source, nint stride, int rows, int start, int depth, float* panel, int width)
        where TElement : IElement<TStored>
        where TStored : unmanaged
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
    {
        int end = depth - ((depth - start) % TLanes.Count);
        if (end == start)
        {
            return end;
        }
        int r = 0;
        for (; r <= rows - TLanes.Count; r += TLanes.Count)
        {
            TStored* block = source + (r * stride);
            for (int k = start; k < end; k += TLanes.Count)
            {
                TLanes.Transpose<TElement, TStored>(block + k, stride, panel + ((nint)k * width) + r, width);
            }
        }
        Elements<TElement, TStored>(source, stride, r, rows, start, end, panel, width);
        return end;
    }

    private static void Elements<TElement, TStored>(
        TStored* source, nint stride, int row, int rows, int start, int end, float* panel, int width)
        where TElement : IElement<TStored>
        where TStored : unmanaged
    {
        for (int r = row; r < width; r++)
        {
            for (int k = start; k < end; k++)
            {
                panel[((nint)k * width) + r] = r < rows ? TElement.Load(source + (r * stride) + k) : 0;
            }
        }
    }
}
