using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PaliGemma.Kernels.Simd;

/// <summary>
/// Lanes that hold four neighbouring elements of a row: weights as unsigned bytes up to 15, activations as signed bytes. Their products are added up in
/// 16 bits, which a segment of 32 elements can not overflow, and then scaled by a factor of the token and a scale of the weight row.
/// </summary>
/// <remarks>
/// A weight is stored 8 too high. The sum starts at -8 times the activations' sum, for each half of the lane by itself, so that it ends at what signed weights
/// give; on the way it may wrap.
/// </remarks>
internal readonly unsafe struct QuadLanes512 : ITileLanes<Vector512<float>>
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
        (addend.AsInt16() + MultiplyBytes(right.AsByte(), left.AsSByte())).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Finish(Vector512<float> sum, float* c, bool accumulate, float* factor, float* tail)
    {
        Vector512<float> value = Vector512.ConvertToSingle(PairLanes512.MultiplyPairs(sum.AsInt16(), Vector512<short>.One));
        Vector512<float> scale = Vector512.Load(tail) * Vector512.Create(*factor);
        Vector512.Store(accumulate ? Vector512.MultiplyAddEstimate(value, scale, Vector512.Load(c)) : value * scale, c);
    }

    /// <summary>For each half of a lane, the sum of its two products of an unsigned and a signed byte, which must fit 16 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<short> MultiplyBytes(Vector512<byte> unsigned, Vector512<sbyte> signed) =>
        Avx512BW.IsSupported
            ? Avx512BW.MultiplyAddAdjacent(unsigned, signed)
            : Vector512.Create(
                QuadLanes256.MultiplyBytes(unsigned.GetLower(), signed.GetLower()), QuadLanes256.MultiplyBytes(unsigned.GetUpper(), signed.GetUpper()));
}
