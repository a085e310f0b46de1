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
internal readonly unsafe struct QuadLanes256 : ITileLanes<Vector256<float>>
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
        (addend.AsInt16() + MultiplyBytes(right.AsByte(), left.AsSByte())).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Finish(Vector256<float> sum, float* c, bool accumulate, float* factor, float* tail)
    {
        Vector256<float> value = Vector256.ConvertToSingle(PairLanes256.MultiplyPairs(sum.AsInt16(), Vector256<short>.One));
        Vector256<float> scale = Vector256.Load(tail) * Vector256.Create(*factor);
        Vector256.Store(accumulate ? Vector256.MultiplyAddEstimate(value, scale, Vector256.Load(c)) : value * scale, c);
    }

    /// <summary>For each half of a lane, the sum of its two products of an unsigned and a signed byte, which must fit 16 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> MultiplyBytes(Vector256<byte> unsigned, Vector256<sbyte> signed) =>
        Avx2.IsSupported
            ? Avx2.MultiplyAddAdjacent(unsigned, signed)
            : Vector256.Create(
                QuadLanes128.MultiplyBytes(unsigned.GetLower(), signed.GetLower()), QuadLanes128.MultiplyBytes(unsigned.GetUpper(), signed.GetUpper()));
}
