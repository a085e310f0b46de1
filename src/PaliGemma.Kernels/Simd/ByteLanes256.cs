using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PaliGemma.Kernels.Simd;

/// <summary>
/// Lanes that hold four neighbouring elements of a row: weights as unsigned bytes, activations as signed bytes of at most 63, so that two products fit 16 bits.
/// They are added up in 32 bits, and then scaled by a factor of the token and a scale of the weight row.
/// </summary>
/// <remarks>A weight is stored 128 too high; the sum starts at -128 times the activations' sum, so that it ends at what signed weights give.</remarks>
internal readonly unsafe struct ByteLanes256 : ITileLanes<Vector256<float>>
{
    public static int Count => 8;

    public static int Lead => 2;

    public static int Tail => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Create(float value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(float* source) => Vector256.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Start(float* lead) => Vector256.Create(*lead);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> MultiplyAdd(Vector256<float> left, Vector256<float> right, Vector256<float> addend) =>
        (addend.AsInt32() + PairLanes256.MultiplyPairs(QuadLanes256.MultiplyBytes(right.AsByte(), left.AsSByte()), Vector256<short>.One)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Finish(Vector256<float> sum, float* c, bool accumulate, float* factor, float* tail)
    {
        Vector256<float> value = Vector256.ConvertToSingle(sum.AsInt32());
        Vector256<float> scale = Vector256.Load(tail) * Vector256.Create(*factor);
        Vector256.Store(accumulate ? Vector256.MultiplyAddEstimate(value, scale, Vector256.Load(c)) : value * scale, c);
    }
}
