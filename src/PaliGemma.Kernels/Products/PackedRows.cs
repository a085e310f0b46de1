using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using PaliGemma.Kernels.Formats;
using PaliGemma.Kernels.Simd;

namespace PaliGemma.Kernels.Products;

/// <summary>
/// The left operand of a tile: rows interleaved in groups, so that the values which one step of the depth broadcasts lie side by side:
/// [groups, depth, group size].
/// </summary>
internal static unsafe class PackedRows
{
    /// <summary>Packs one group: packed[k · <paramref name="group"/> + i] = x[i · <paramref name="stride"/> + k]; missing rows become zero.</summary>
    /// <param name="x">The group's first row.</param>
    /// <param name="stride">Elements from one row to the next.</param>
    /// <param name="available">Rows that can be read, those of later groups included.</param>
    /// <param name="depth">Values per row.</param>
    /// <param name="group">Rows per group: 6 or 8.</param>
    /// <param name="packed">[depth, group].</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pack(float* x, nint stride, int available, int depth, int group, float* packed)
    {
        int k = 0;
        if (Avx2.IsSupported && available >= Lanes256.Count)
        {
            // Where the group is smaller than the register, the next store overwrites what a store writes too much; hence not up to the end.
            int end = group == Lanes256.Count ? depth - Lanes256.Count : depth - Lanes256.Count - 1;
            for (; k <= end; k += Lanes256.Count)
            {
                Lanes256.Transpose<Float32Element, float>(x + k, stride, packed + (k * group), group);
            }
        }
        else if (AdvSimd.IsSupported && available >= group && group == 2 * Lanes128.Count)
        {
            for (; k <= depth - Lanes128.Count; k += Lanes128.Count)
            {
                Lanes128.Transpose<Float32Element, float>(x + k, stride, packed + (k * group), group);
                Lanes128.Transpose<Float32Element, float>(
                    x + (Lanes128.Count * stride) + k, stride, packed + (k * group) + Lanes128.Count, group);
            }
        }
        for (; k < depth; k++)
        {
            for (int i = 0; i < group; i++)
            {
                packed[(k * group) + i] = i < available ? x[(i * stride) + k] : 0;
            }
        }
    }
}
