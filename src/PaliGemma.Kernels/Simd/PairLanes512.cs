using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PaliGemma.Kernels.Simd;

/// <summary>
/// Lanes that hold two neighbouring 16-bit integers of a row, multiplied exactly and added into a 32-bit sum, which a scale per weight row turns into float32.
/// Sixteen lanes: AVX-512BW.
/// </summary>
internal readonly unsafe struct PairLanes512 : ITileLanes<Vector512<float>>
{
    public static int Count => 16;

    public static int Lead => 0;

    public static int Tail => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Create(float value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(float* source) => Vector512.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Start(float* lead) => Vector512<float>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MultiplyAdd(Vector512<float> left, Vector512<float> right, Vector512<float> addend) =>
        (addend.AsInt32() + MultiplyPairs(left.AsInt16(), right.AsInt16())).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Finish(Vector512<float> sum, float* c, bool accumulate, float* factor, float* tail)
    {
        Vector512<float> value = Vector512.ConvertToSingle(sum.AsInt32());
        Vector512<float> scale = Vector512.Load(tail);
        Vector512.Store(accumulate ? Vector512.MultiplyAddEstimate(value, scale, Vector512.Load(c)) : value * scale, c);
    }

    /// <summary>For each lane, the sum of the two products of its halves.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> MultiplyPairs(Vector512<short> left, Vector512<short> right) =>
        Avx512BW.IsSupported
            ? Avx512BW.MultiplyAddAdjacent(left, right)
            : Vector512.Create(PairLanes256.MultiplyPairs(left.GetLower(), right.GetLower()), PairLanes256.MultiplyPairs(left.GetUpper(), right.GetUpper()));
}
