using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace PaliGemma.Kernels.Simd;

/// <summary>
/// Lanes that hold two neighbouring 16-bit integers of a row, multiplied exactly and added into a 32-bit sum, which a scale per weight row turns into float32.
/// Four lanes: SSE2, or any processor through shifts.
/// </summary>
internal readonly unsafe struct PairLanes128 : ITileLanes<Vector128<float>>
{
    public static int Count => 4;

    public static int Lead => 0;

    public static int Tail => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Create(float value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load(float* source) => Vector128.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Start(float* lead) => Vector128<float>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> MultiplyAdd(Vector128<float> left, Vector128<float> right, Vector128<float> addend) =>
        (addend.AsInt32() + MultiplyPairs(left.AsInt16(), right.AsInt16())).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Finish(Vector128<float> sum, float* c, bool accumulate, float* factor, float* tail)
    {
        Vector128<float> value = Vector128.ConvertToSingle(sum.AsInt32());
        Vector128<float> scale = Vector128.Load(tail);
        Vector128.Store(accumulate ? Vector128.MultiplyAddEstimate(value, scale, Vector128.Load(c)) : value * scale, c);
    }

    /// <summary>For each lane, the sum of the two products of its halves.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> MultiplyPairs(Vector128<short> left, Vector128<short> right)
    {
        if (Sse2.IsSupported)
        {
            return Sse2.MultiplyAddAdjacent(left, right);
        }
        if (AdvSimd.Arm64.IsSupported)
        {
            return AdvSimd.Arm64.AddPairwise(
                AdvSimd.MultiplyWideningLower(left.GetLower(), right.GetLower()), AdvSimd.MultiplyWideningUpper(left, right));
        }
        Vector128<int> low = ((left.AsInt32() << 16) >> 16) * ((right.AsInt32() << 16) >> 16);
        return low + ((left.AsInt32() >> 16) * (right.AsInt32() >> 16));
    }
}
