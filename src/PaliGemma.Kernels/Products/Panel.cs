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
        if (Vector512.IsHardwareAccelerated)
        {
            Transpose<TElement, TStored, Lanes512, Vector512<float>>(source, stride, rows, depth, panel, width);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            Transpose<TElement, TStored, Lanes256, Vector256<float>>(source, stride, rows, depth, panel, width);
        }
        else
        {
            Transpose<TElement, TStored, Lanes128, Vector128<float>>(source, stride, rows, depth, panel, width);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose<TElement, TStored, TLanes, TVector>(
        TStored* source, nint stride, int rows, int depth, float* panel, int width)
        where TElement : IElement<TStored>
        where TStored : unmanaged
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
    {
        int squares = depth - (depth % TLanes.Count);
        int r = 0;
        for (; r <= rows - TLanes.Count; r += TLanes.Count)
        {
            TStored* block = source + (r * stride);
            for (int k = 0; k < squares; k += TLanes.Count)
            {
                TLanes.Transpose<TElement, TStored>(block + k, stride, panel + ((nint)k * width) + r, width);
            }
            for (int k = squares; k < depth; k++)
            {
                for (int i = 0; i < TLanes.Count; i++)
                {
                    panel[((nint)k * width) + r + i] = TElement.Load(block + (i * stride) + k);
                }
            }
        }
        for (; r < width; r++)
        {
            for (int k = 0; k < depth; k++)
            {
                panel[((nint)k * width) + r] = r < rows ? TElement.Load(source + (r * stride) + k) : 0;
            }
        }
    }
}
