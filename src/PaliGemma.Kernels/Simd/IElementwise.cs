namespace PaliGemma.Kernels.Simd;

/// <summary>A function of single values, plugged into <see cref="Elementwise"/>.</summary>
internal interface IElementwise
{
    /// <summary>The new value of x where y stands beside it; <paramref name="parameter"/> is the same for all.</summary>
    static abstract TVector Apply<TLanes, TVector>(TVector x, TVector y, TVector parameter)
        where TLanes : ILanes<TVector>
        where TVector : unmanaged;
}
