using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PaliGemma.Kernels.Simd;

/// <summary>
/// Lanes that hold four neighbouring elements of a row: weights as unsigned bytes, activations as signed bytes of at most 63, so that two products fit 16 bits.
/// They are added up in 32 bits, and then scaled by a factor of the token and a scale of the weight row.
/// </summary>
/// <remarks>A weight is stored 128 too high; the sum starts at -128 times the activations' sum, so that it ends at what signed weights give.</remarks>
internal readonly unsafe struct ByteLanes128 : ITileLanes<Vector128<float>>
{
    public static int Count => 4;

    public static int Lead => 2;

    public static int Tail => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Create(float value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load(float* source) => Vector128.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Start(float* lead) => Vector128.Create(*lead);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> MultiplyAdd(Vector128<float> left, Vector128<float> right, Vector128<float> addend) =>
        (addend.AsInt32() + PairLanes128.MultiplyPairs(QuadLanes128.MultiplyBytes(right.AsByte(), left.AsSByte()), Vector128<short>.One)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Finish(Vector128<float> sum, float* c, bool accumulate, float* factor, float* tail)
    {
        Vector128<float> value = Vector128.ConvertToSingle(sum.AsInt32());
        Vector128<float> scale = Vector128.Load(tail) * Vector128.Create(*factor);
        Vector128.Store(accumulate ? Vector128.MultiplyAddEstimate(value, scale, Vector128.Load(c)) : value * scale, c);
    }
}
