using PaliGemma.Kernels.Simd;

namespace PaliGemma.Kernels;

/// <summary>x = x + d: what a sublayer adds to the residual stream.</summary>
public static class Residual
{
    /// <summary>Adds <paramref name="delta"/>, which is as long, to <paramref name="x"/>.</summary>
    public static void Add(Span<float> x, ReadOnlySpan<float> delta, WorkerPool pool)
    {
        ArgumentNullException.ThrowIfNull(pool);
        Elementwise.Apply<Sum>(x, delta, pool);
    }

    internal readonly struct Sum : IElementwise
    {
        public static TVector Apply<TLanes, TVector>(TVector x, TVector y, TVector parameter)
            where TLanes : ILanes<TVector>
            where TVector : unmanaged => TLanes.Add(x, y);
    }
}
