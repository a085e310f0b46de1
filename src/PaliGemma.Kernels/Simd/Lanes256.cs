using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using PaliGemma.Kernels.Formats;

namespace PaliGemma.Kernels.Simd;

/// <summary>Eight lanes: AVX2 with FMA.</summary>
internal readonly unsafe struct Lanes256 : ILanes<Vector256<float>>
{
    public static int Count => 8;

    public static int Lead => 0;

    public static int Tail => 0;

    public static Vector256<float> Zero => Vector256<float>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Create(float value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(float* source) => Vector256.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Start(float* lead) => Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Finish(Vector256<float> sum, float* c, bool accumulate, float* factor, float* tail) =>
        Store(accumulate ? sum + Load(c) : sum, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<float> value, float* destination) => value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Add(Vector256<float> left, Vector256<float> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Subtract(Vector256<float> left, Vector256<float> right) => left - right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Multiply(Vector256<float> left, Vector256<float> right) => left * right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Divide(Vector256<float> left, Vector256<float> right) => left / right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Max(Vector256<float> left, Vector256<float> right) => Vector256.MaxNative(left, right);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Min(Vector256<float> left, Vector256<float> right) => Vector256.MinNative(left, right);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> PowerOfTwo(Vector256<float> exponent) =>
        ((Vector256.ConvertToInt32Native(exponent) + Vector256.Create(127)) << 23).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Round(Vector256<float> value) => Vector256.Round(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> MultiplyAdd(Vector256<float> left, Vector256<float> right, Vector256<float> addend) =>
        Vector256.MultiplyAddEstimate(left, right, addend);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector256<float> value) => Vector256.Sum(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Convert<TElement, TStored>(TStored* source)
        where TElement : IElement<TStored>
        where TStored : unmanaged => TElement.Load256(source);

    public static void Transpose<TElement, TStored>(TStored* source, nint sourceStride, float* destination, nint destinationStride)
        where TElement : IElement<TStored>
        where TStored : unmanaged
    {
        Vector256<float> r0 = TElement.Load256(source);
        Vector256<float> r1 = TElement.Load256(source + sourceStride);
        Vector256<float> r2 = TElement.Load256(source + (2 * sourceStride));
        Vector256<float> r3 = TElement.Load256(source + (3 * sourceStride));
        Vector256<float> r4 = TElement.Load256(source + (4 * sourceStride));
        Vector256<float> r5 = TElement.Load256(source + (5 * sourceStride));
        Vector256<float> r6 = TElement.Load256(source + (6 * sourceStride));
        Vector256<float> r7 = TElement.Load256(source + (7 * sourceStride));
        TransposeRegisters(ref r0, ref r1, ref r2, ref r3, ref r4, ref r5, ref r6, ref r7);
        r0.Store(destination);
        r1.Store(destination + destinationStride);
        r2.Store(destination + (2 * destinationStride));
        r3.Store(destination + (3 * destinationStride));
        r4.Store(destination + (4 * destinationStride));
        r5.Store(destination + (5 * destinationStride));
        r6.Store(destination + (6 * destinationStride));
        r7.Store(destination + (7 * destinationStride));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TransposeRegisters(
        ref Vector256<float> r0, ref Vector256<float> r1, ref Vector256<float> r2, ref Vector256<float> r3,
        ref Vector256<float> r4, ref Vector256<float> r5, ref Vector256<float> r6, ref Vector256<float> r7)
    {
        // Pairs of rows, then groups of four within each half, then the halves.
        Vector256<float> a0 = Avx.UnpackLow(r0, r1);
        Vector256<float> a1 = Avx.UnpackHigh(r0, r1);
        Vector256<float> a2 = Avx.UnpackLow(r2, r3);
        Vector256<float> a3 = Avx.UnpackHigh(r2, r3);
        Vector256<float> a4 = Avx.UnpackLow(r4, r5);
        Vector256<float> a5 = Avx.UnpackHigh(r4, r5);
        Vector256<float> a6 = Avx.UnpackLow(r6, r7);
        Vector256<float> a7 = Avx.UnpackHigh(r6, r7);
        Vector256<float> b0 = Avx.Shuffle(a0, a2, 0x44);
        Vector256<float> b1 = Avx.Shuffle(a0, a2, 0xEE);
        Vector256<float> b2 = Avx.Shuffle(a1, a3, 0x44);
        Vector256<float> b3 = Avx.Shuffle(a1, a3, 0xEE);
        Vector256<float> b4 = Avx.Shuffle(a4, a6, 0x44);
        Vector256<float> b5 = Avx.Shuffle(a4, a6, 0xEE);
        Vector256<float> b6 = Avx.Shuffle(a5, a7, 0x44);
        Vector256<float> b7 = Avx.Shuffle(a5, a7, 0xEE);
        r0 = Avx.Permute2x128(b0, b4, 0x20);
        r1 = Avx.Permute2x128(b1, b5, 0x20);
        r2 = Avx.Permute2x128(b2, b6, 0x20);
        r3 = Avx.Permute2x128(b3, b7, 0x20);
        r4 = Avx.Permute2x128(b0, b4, 0x31);
        r5 = Avx.Permute2x128(b1, b5, 0x31);
        r6 = Avx.Permute2x128(b2, b6, 0x31);
        r7 = Avx.Permute2x128(b3, b7, 0x31);
    }
}
