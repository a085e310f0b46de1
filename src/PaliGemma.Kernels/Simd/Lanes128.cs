using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using PaliGemma.Kernels.Formats;

namespace PaliGemma.Kernels.Simd;

/// <summary>Four lanes: AdvSimd on ARM, SSE elsewhere, and plain code where there is neither.</summary>
internal readonly unsafe struct Lanes128 : ILanes<Vector128<float>>
{
    public static int Count => 4;

    public static int Lead => 0;

    public static int Tail => 0;

    public static Vector128<float> Zero => Vector128<float>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Create(float value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load(float* source) => Vector128.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Start(float* lead) => Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Finish(Vector128<float> sum, float* c, bool accumulate, float* factor, float* tail) =>
        Store(accumulate ? sum + Load(c) : sum, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<float> value, float* destination) => value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Add(Vector128<float> left, Vector128<float> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Subtract(Vector128<float> left, Vector128<float> right) => left - right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Multiply(Vector128<float> left, Vector128<float> right) => left * right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Divide(Vector128<float> left, Vector128<float> right) => left / right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Max(Vector128<float> left, Vector128<float> right) => Vector128.MaxNative(left, right);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Min(Vector128<float> left, Vector128<float> right) => Vector128.MinNative(left, right);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> PowerOfTwo(Vector128<float> exponent) =>
        ((Vector128.ConvertToInt32Native(exponent) + Vector128.Create(127)) << 23).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Round(Vector128<float> value) => Vector128.Round(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> MultiplyAdd(Vector128<float> left, Vector128<float> right, Vector128<float> addend) =>
        Vector128.MultiplyAddEstimate(left, right, addend);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector128<float> value) => Vector128.Sum(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Convert<TElement, TStored>(TStored* source)
        where TElement : IElement<TStored>
        where TStored : unmanaged => TElement.Load128(source);

    public static void Transpose<TElement, TStored>(TStored* source, nint sourceStride, float* destination, nint destinationStride)
        where TElement : IElement<TStored>
        where TStored : unmanaged
    {
        for (int row = 0; row < Count; row++)
        {
            Vector128<float> values = TElement.Load128(source + (row * sourceStride));
            destination[row] = values[0];
            destination[destinationStride + row] = values[1];
            destination[(2 * destinationStride) + row] = values[2];
            destination[(3 * destinationStride) + row] = values[3];
        }
    }
}
