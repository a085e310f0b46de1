using System.Runtime.CompilerServices;
using PaliGemma.Kernels.Simd;

namespace PaliGemma.Kernels.Products;

/// <summary>The remainder of <see cref="Tile8x3{TLanes, TVector}"/>: two registers wide, so that any width from 32 on is covered without padding.</summary>
internal readonly unsafe struct Tile8x2<TLanes, TVector> : ITile
    where TLanes : ITileLanes<TVector>
    where TVector : unmanaged
{
    public static int Rows => 8;

    public static int Columns => 2 * TLanes.Count;

    public static int Lead => TLanes.Lead;

    public static int Tail => TLanes.Tail;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(float* a, nint aStride, float* b, nint bStride, int depth, float* c, nint cStride, bool accumulate)
    {
        TVector c00 = TLanes.Start(a), c01 = TLanes.Start(a);
        TVector c10 = TLanes.Start(a + 1), c11 = TLanes.Start(a + 1);
        TVector c20 = TLanes.Start(a + 2), c21 = TLanes.Start(a + 2);
        TVector c30 = TLanes.Start(a + 3), c31 = TLanes.Start(a + 3);
        TVector c40 = TLanes.Start(a + 4), c41 = TLanes.Start(a + 4);
        TVector c50 = TLanes.Start(a + 5), c51 = TLanes.Start(a + 5);
        TVector c60 = TLanes.Start(a + 6), c61 = TLanes.Start(a + 6);
        TVector c70 = TLanes.Start(a + 7), c71 = TLanes.Start(a + 7);
        float* factor = a + aStride;
        a += TLanes.Lead * aStride;
        for (int k = 0; k < depth; k++)
        {
            TVector b0 = TLanes.Load(b);
            TVector b1 = TLanes.Load(b + TLanes.Count);

            TVector x = TLanes.Create(a[0]);
            c00 = TLanes.MultiplyAdd(x, b0, c00);
            c01 = TLanes.MultiplyAdd(x, b1, c01);
            x = TLanes.Create(a[1]);
            c10 = TLanes.MultiplyAdd(x, b0, c10);
            c11 = TLanes.MultiplyAdd(x, b1, c11);
            x = TLanes.Create(a[2]);
            c20 = TLanes.MultiplyAdd(x, b0, c20);
            c21 = TLanes.MultiplyAdd(x, b1, c21);
            x = TLanes.Create(a[3]);
            c30 = TLanes.MultiplyAdd(x, b0, c30);
            c31 = TLanes.MultiplyAdd(x, b1, c31);
            x = TLanes.Create(a[4]);
            c40 = TLanes.MultiplyAdd(x, b0, c40);
            c41 = TLanes.MultiplyAdd(x, b1, c41);
            x = TLanes.Create(a[5]);
            c50 = TLanes.MultiplyAdd(x, b0, c50);
            c51 = TLanes.MultiplyAdd(x, b1, c51);
            x = TLanes.Create(a[6]);
            c60 = TLanes.MultiplyAdd(x, b0, c60);
            c61 = TLanes.MultiplyAdd(x, b1, c61);
            x = TLanes.Create(a[7]);
            c70 = TLanes.MultiplyAdd(x, b0, c70);
            c71 = TLanes.MultiplyAdd(x, b1, c71);

            a += aStride;
            b += bStride;
        }
        Finish(c00, c01, c, accumulate, factor, b);
        c += cStride;
        Finish(c10, c11, c, accumulate, factor + 1, b);
        c += cStride;
        Finish(c20, c21, c, accumulate, factor + 2, b);
        c += cStride;
        Finish(c30, c31, c, accumulate, factor + 3, b);
        c += cStride;
        Finish(c40, c41, c, accumulate, factor + 4, b);
        c += cStride;
        Finish(c50, c51, c, accumulate, factor + 5, b);
        c += cStride;
        Finish(c60, c61, c, accumulate, factor + 6, b);
        c += cStride;
        Finish(c70, c71, c, accumulate, factor + 7, b);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish(TVector v0, TVector v1, float* c, bool accumulate, float* factor, float* tail)
    {
        TLanes.Finish(v0, c, accumulate, factor, tail);
        TLanes.Finish(v1, c + TLanes.Count, accumulate, factor, tail + TLanes.Count);
    }
}
