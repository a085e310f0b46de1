using System.Runtime.CompilerServices;
using PaliGemma.Kernels.Simd;

namespace PaliGemma.Kernels;

/// <summary>
/// The tanh approximation of GELU (Hendrycks and Gimpel, arXiv:1606.08415): 0.5 · x · (1 + tanh u) with u = sqrt(2/π) · (x + 0.044715 · x³), which is
/// x / (1 + e^(-2u)).
/// </summary>
public static class Gelu
{
    /// <summary>x = gelu(x).</summary>
    public static void Tanh(Span<float> x, WorkerPool pool)
    {
        ArgumentNullException.ThrowIfNull(pool);
        Elementwise.Apply<Alone>(x, x, pool);
    }

    /// <summary>gate = gelu(gate) · up.</summary>
    public static void TanhGate(Span<float> gate, ReadOnlySpan<float> up, WorkerPool pool)
    {
        ArgumentNullException.ThrowIfNull(pool);
        Elementwise.Apply<Gated>(gate, up, pool);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Apply<TLanes, TVector>(TVector x)
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
    {
        const float Slope = -2 * 0.7978845608f;
        TVector factor = TLanes.MultiplyAdd(TLanes.Multiply(x, x), TLanes.Create(Slope * 0.044715f), TLanes.Create(Slope));
        TVector exponential = Exponential.Apply<TLanes, TVector>(TLanes.Multiply(x, factor));
        return TLanes.Divide(x, TLanes.Add(exponential, TLanes.Create(1)));
    }

    private readonly struct Alone : IElementwise
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Apply<TLanes, TVector>(TVector x, TVector y, TVector parameter)
            where TLanes : ILanes<TVector>
            where TVector : unmanaged => Gelu.Apply<TLanes, TVector>(x);
    }

    private readonly struct Gated : IElementwise
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Apply<TLanes, TVector>(TVector x, TVector y, TVector parameter)
            where TLanes : ILanes<TVector>
            where TVector : unmanaged => TLanes.Multiply(Gelu.Apply<TLanes, TVector>(x), y);
    }
}
