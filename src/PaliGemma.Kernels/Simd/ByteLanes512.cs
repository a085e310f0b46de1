using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PaliGemma.Kernels.Simd;

/// <summary>
/// Lanes that hold four neighbouring elements of a row: weights as unsigned bytes, activations as signed bytes of at most 63, so that two products fit 16 bits.
/// They are added up in 32 bits, and then scaled by a factor of the token and a scale of the weight row.
/// </summary>
/// <remarks>A weight is stored 128 too high; the sum starts at -128 times the activations' sum, so that it ends at what signed weights give.</remarks>
internal readonly unsafe struct ByteLanes512 : ITileLanes<Vector512<float>>
{
    public static int Count => 16;

    public static int Lead => 2;

    public static int Tail => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Create(float value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(float* source) => Vector512.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Start(float* lead) => Vector512.Create(*lead);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MultiplyAdd(Vector512<float> left, Vector512<float> right, Vector512<float> addend) =>
        (addend.AsInt32() + PairLanes512.MultiplyPairs(QuadLanes512.MultiplyBytes(right.AsByte(), left.AsSByte()), Vector512<short>.One)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Finish(Vector512<float> sum, float* c, bool accumulate, float* factor, float* tail)
    {
        Vector512<float> value = Vector512.ConvertToSingle(sum.AsInt32());
        Vector512<float> scale = Vector512.Load(tail) * Vector512.Create(*factor);
        Vector512.Store(accumulate ? Vector512.MultiplyAddEstimate(value, scale, Vector512.Load(c)) : value * scale, c);
    }
}
