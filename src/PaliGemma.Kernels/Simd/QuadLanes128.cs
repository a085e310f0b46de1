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
internal readonly unsafe struct QuadLanes128 : ITileLanes<Vector128<float>>
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
        (addend.AsInt16() + MultiplyBytes(right.AsByte(), left.AsSByte())).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Finish(Vector128<float> sum, float* c, bool accumulate, float* factor, float* tail)
    {
        Vector128<float> value = Vector128.ConvertToSingle(PairLanes128.MultiplyPairs(sum.AsInt16(), Vector128<short>.One));
        Vector128<float> scale = Vector128.Load(tail) * Vector128.Create(*factor);
        Vector128.Store(accumulate ? Vector128.MultiplyAddEstimate(value, scale, Vector128.Load(c)) : value * scale, c);
    }

    /// <summary>For each half of a lane, the sum of its two products of an unsigned and a signed byte, which must fit 16 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<short> MultiplyBytes(Vector128<byte> unsigned, Vector128<sbyte> signed)
    {
        if (Ssse3.IsSupported)
        {
            return Ssse3.MultiplyAddAdjacent(unsigned, signed);
        }
        Vector128<short> low = (unsigned.AsInt16() & Vector128.Create((short)0xFF)) * ((signed.AsInt16() << 8) >> 8);
        return low + ((unsigned.AsUInt16() >> 8).AsInt16() * (signed.AsInt16() >> 8));
    }
}
