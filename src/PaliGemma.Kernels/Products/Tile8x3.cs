using System.Runtime.CompilerServices;
using PaliGemma.Kernels.Simd;

namespace PaliGemma.Kernels.Products;

/// <summary>24 sums, three columns of registers and a broadcast: fills a file of 32 registers (AVX-512, AdvSimd).</summary>
internal readonly unsafe struct Tile8x3<TLanes, TVector> : ITile
    where TLanes : ILanes<TVector>
    where TVector : unmanaged
{
    public static int Rows => 8;

    public static int Columns => 3 * TLanes.Count;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(float* a, nint aStride, float* b, nint bStride, int depth, float* c, nint cStride, bool accumulate)
    {
        TVector c00 = TLanes.Zero, c01 = TLanes.Zero, c02 = TLanes.Zero;
        TVector c10 = TLanes.Zero, c11 = TLanes.Zero, c12 = TLanes.Zero;
        TVector c20 = TLanes.Zero, c21 = TLanes.Zero, c22 = TLanes.Zero;
        TVector c30 = TLanes.Zero, c31 = TLanes.Zero, c32 = TLanes.Zero;
        TVector c40 = TLanes.Zero, c41 = TLanes.Zero, c42 = TLanes.Zero;
        TVector c50 = TLanes.Zero, c51 = TLanes.Zero, c52 = TLanes.Zero;
        TVector c60 = TLanes.Zero, c61 = TLanes.Zero, c62 = TLanes.Zero;
        TVector c70 = TLanes.Zero, c71 = TLanes.Zero, c72 = TLanes.Zero;
        for (int k = 0; k < depth; k++)
        {
            TVector b0 = TLanes.Load(b);
            TVector b1 = TLanes.Load(b + TLanes.Count);
            TVector b2 = TLanes.Load(b + (2 * TLanes.Count));

            TVector x = TLanes.Create(a[0]);
            c00 = TLanes.MultiplyAdd(x, b0, c00);
            c01 = TLanes.MultiplyAdd(x, b1, c01);
            c02 = TLanes.MultiplyAdd(x, b2, c02);
            x = TLanes.Create(a[1]);
            c10 = TLanes.MultiplyAdd(x, b0, c10);
            c11 = TLanes.MultiplyAdd(x, b1, c11);
            c12 = TLanes.MultiplyAdd(x, b2, c12);
            x = TLanes.Create(a[2]);
            c20 = TLanes.MultiplyAdd(x, b0, c20);
            c21 = TLanes.MultiplyAdd(x, b1, c21);
            c22 = TLanes.MultiplyAdd(x, b2, c22);
            x = TLanes.Create(a[3]);
            c30 = TLanes.MultiplyAdd(x, b0, c30);
            c31 = TLanes.MultiplyAdd(x, b1, c31);
            c32 = TLanes.MultiplyAdd(x, b2, c32);
            x = TLanes.Create(a[4]);
            c40 = TLanes.MultiplyAdd(x, b0, c40);
            c41 = TLanes.MultiplyAdd(x, b1, c41);
            c42 = TLanes.MultiplyAdd(x, b2, c42);
            x = TLanes.Create(a[5]);
            c50 = TLanes.MultiplyAdd(x, b0, c50);
            c51 = TLanes.MultiplyAdd(x, b1, c51);
            c52 = TLanes.MultiplyAdd(x, b2, c52);
            x = TLanes.Create(a[6]);
            c60 = TLanes.MultiplyAdd(x, b0, c60);
            c61 = TLanes.MultiplyAdd(x, b1, c61);
            c62 = TLanes.MultiplyAdd(x, b2, c62);
            x = TLanes.Create(a[7]);
            c70 = TLanes.MultiplyAdd(x, b0, c70);
            c71 = TLanes.MultiplyAdd(x, b1, c71);
            c72 = TLanes.MultiplyAdd(x, b2, c72);

            a += aStride;
            b += bStride;
        }
        Store(c, accumulate, c00, c01, c02);
        c += cStride;
        Store(c, accumulate, c10, c11, c12);
        c += cStride;
        Store(c, accumulate, c20, c21, c22);
        c += cStride;
        Store(c, accumulate, c30, c31, c32);
        c += cStride;
        Store(c, accumulate, c40, c41, c42);
        c += cStride;
        Store(c, accumulate, c50, c51, c52);
        c += cStride;
        Store(c, accumulate, c60, c61, c62);
        c += cStride;
        Store(c, accumulate, c70, c71, c72);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* c, bool accumulate, TVector v0, TVector v1, TVector v2)
    {
        if (accumulate)
        {
            v0 = TLanes.Add(v0, TLanes.Load(c));
            v1 = TLanes.Add(v1, TLanes.Load(c + TLanes.Count));
            v2 = TLanes.Add(v2, TLanes.Load(c + (2 * TLanes.Count)));
        }
        TLanes.Store(v0, c);
        TLanes.Store(v1, c + TLanes.Count);
        TLanes.Store(v2, c + (2 * TLanes.Count));
    }
}
