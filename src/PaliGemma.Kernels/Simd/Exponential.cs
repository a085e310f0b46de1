using System.Runtime.CompilerServices;

namespace PaliGemma.Kernels.Simd;

/// <summary>e to the power of x: x = n · ln 2 + r, e^x = 2^n · e^r, with e^r by the polynomial of Cephes (expf.c). Relative error below 2e-7.</summary>
internal static class Exponential
{
    /// <summary>Below it, results would be subnormal; they become the smallest normal number instead, which is as good as zero here.</summary>
    private const float Lowest = -87.3f;

    private const float Highest = 88.3f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Apply<TLanes, TVector>(TVector x)
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
    {
        x = TLanes.Min(TLanes.Max(x, TLanes.Create(Lowest)), TLanes.Create(Highest));
        TVector n = TLanes.Round(TLanes.Multiply(x, TLanes.Create(1.44269504f)));
        // ln 2 in two parts, the first with so few bits that n times it is exact.
        TVector r = TLanes.MultiplyAdd(n, TLanes.Create(-0.693359375f), x);
        r = TLanes.MultiplyAdd(n, TLanes.Create(2.12194440e-4f), r);
        TVector p = TLanes.Create(1.9875691500e-4f);
        p = TLanes.MultiplyAdd(p, r, TLanes.Create(1.3981999507e-3f));
        p = TLanes.MultiplyAdd(p, r, TLanes.Create(8.3334519073e-3f));
        p = TLanes.MultiplyAdd(p, r, TLanes.Create(4.1665795894e-2f));
        p = TLanes.MultiplyAdd(p, r, TLanes.Create(1.6666665459e-1f));
        p = TLanes.MultiplyAdd(p, r, TLanes.Create(5.0000001201e-1f));
        p = TLanes.MultiplyAdd(TLanes.Multiply(p, r), r, TLanes.Add(r, TLanes.Create(1)));
        return TLanes.Multiply(p, TLanes.PowerOfTwo(n));
    }
}
