using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PaliGemma.Kernels.Simd;

/// <summary>
/// Lanes that hold two neighbouring 16-bit integers of a row, multiplied exactly and added into a 32-bit sum, which a scale per weight row turns into float32.
/// Eight lanes: AVX2.
/// </summary>
internal readonly unsafe struct PairLanes256 : ITileLanes<Vector256<float>>
{
    public static int Count => 8;

    public static int Lead => 0;

    public static int Tail => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Create(float value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(float* source) => Vector256.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Start(float* lead) => Vector256<float>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> MultiplyAdd(Vector256<float> left, Vector256<float> right, Vector256<float> addend) =>
        (addend.AsInt32() + MultiplyPairs(left.AsInt16(), right.AsInt16())).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Finish(Vector256<float> sum, float* c, bool accumulate, float* factor, float* tail)
    {
        Vector256<float> value = Vector256.ConvertToSingle(sum.AsInt32());
        Vector256<float> scale = Vector256.Load(tail);
        Vector256.Store(accumulate ? Vector256.MultiplyAddEstimate(value, scale, Vector256.Load(c)) : value * scale, c);
    }

    /// <summary>For each lane, the sum of the two products of its halves.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> MultiplyPairs(Vector256<short> left, Vector256<short> right) =>
        Avx2.IsSupported
            ? Avx2.MultiplyAddAdjacent(left, right)
            : Vector256.Create(PairLanes128.MultiplyPairs(left.GetLower(), right.GetLower()), PairLanes128.MultiplyPairs(left.GetUpper(), right.GetUpper()));
}
