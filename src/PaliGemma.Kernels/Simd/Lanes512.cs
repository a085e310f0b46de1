using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using PaliGemma.Kernels.Formats;

namespace PaliGemma.Kernels.Simd;

/// <summary>Sixteen lanes: AVX-512.</summary>
internal readonly unsafe struct Lanes512 : ILanes<Vector512<float>>
{
    public static int Count => 16;

    public static int Lead => 0;

    public static int Tail => 0;

    public static Vector512<float> Zero => Vector512<float>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Create(float value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(float* source) => Vector512.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Start(float* lead) => Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Finish(Vector512<float> sum, float* c, bool accumulate, float* factor, float* tail) =>
        Store(accumulate ? sum + Load(c) : sum, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> value, float* destination) => value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Add(Vector512<float> left, Vector512<float> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Subtract(Vector512<float> left, Vector512<float> right) => left - right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Multiply(Vector512<float> left, Vector512<float> right) => left * right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Divide(Vector512<float> left, Vector512<float> right) => left / right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Max(Vector512<float> left, Vector512<float> right) => Vector512.MaxNative(left, right);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Min(Vector512<float> left, Vector512<float> right) => Vector512.MinNative(left, right);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> PowerOfTwo(Vector512<float> exponent) =>
        ((Vector512.ConvertToInt32Native(exponent) + Vector512.Create(127)) << 23).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Round(Vector512<float> value) => Vector512.Round(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MultiplyAdd(Vector512<float> left, Vector512<float> right, Vector512<float> addend) =>
        Vector512.MultiplyAddEstimate(left, right, addend);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector512<float> value) => Vector512.Sum(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Convert<TElement, TStored>(TStored* source)
        where TElement : IElement<TStored>
        where TStored : unmanaged => TElement.Load512(source);

    public static void Transpose<TElement, TStored>(TStored* source, nint sourceStride, float* destination, nint destinationStride)
        where TElement : IElement<TStored>
        where TStored : unmanaged
    {
        // Four strips of four rows each: after two rounds of unpacking, strip s holds in quarter q of register i the elements
        // source[4s … 4s+3][4q + i]. Two rounds of quarter shuffles then bring the strips of one column together.
        Strip<TElement, TStored>(source, sourceStride, out Vector512<float> a0, out Vector512<float> a1, out Vector512<float> a2, out Vector512<float> a3);
        source += 4 * sourceStride;
        Strip<TElement, TStored>(source, sourceStride, out Vector512<float> b0, out Vector512<float> b1, out Vector512<float> b2, out Vector512<float> b3);
        source += 4 * sourceStride;
        Strip<TElement, TStored>(source, sourceStride, out Vector512<float> c0, out Vector512<float> c1, out Vector512<float> c2, out Vector512<float> c3);
        source += 4 * sourceStride;
        Strip<TElement, TStored>(source, sourceStride, out Vector512<float> d0, out Vector512<float> d1, out Vector512<float> d2, out Vector512<float> d3);
        Gather(a0, b0, c0, d0, destination, 4 * destinationStride);
        Gather(a1, b1, c1, d1, destination + destinationStride, 4 * destinationStride);
        Gather(a2, b2, c2, d2, destination + (2 * destinationStride), 4 * destinationStride);
        Gather(a3, b3, c3, d3, destination + (3 * destinationStride), 4 * destinationStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Strip<TElement, TStored>(
        TStored* source, nint stride, out Vector512<float> s0, out Vector512<float> s1, out Vector512<float> s2, out Vector512<float> s3)
        where TElement : IElement<TStored>
        where TStored : unmanaged
    {
        Vector512<float> r0 = TElement.Load512(source);
        Vector512<float> r1 = TElement.Load512(source + stride);
        Vector512<float> r2 = TElement.Load512(source + (2 * stride));
        Vector512<float> r3 = TElement.Load512(source + (3 * stride));
        Vector512<float> low01 = Avx512F.UnpackLow(r0, r1);
        Vector512<float> high01 = Avx512F.UnpackHigh(r0, r1);
        Vector512<float> low23 = Avx512F.UnpackLow(r2, r3);
        Vector512<float> high23 = Avx512F.UnpackHigh(r2, r3);
        s0 = Avx512F.Shuffle(low01, low23, 0x44);
        s1 = Avx512F.Shuffle(low01, low23, 0xEE);
        s2 = Avx512F.Shuffle(high01, high23, 0x44);
        s3 = Avx512F.Shuffle(high01, high23, 0xEE);
    }

    /// <summary>Transposes the 4 × 4 quarters of four registers and stores the four results.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Gather(
        Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d, float* destination, nint stride)
    {
        Vector512<float> evenAb = Avx512F.Shuffle4x128(a, b, 0x88);
        Vector512<float> oddAb = Avx512F.Shuffle4x128(a, b, 0xDD);
        Vector512<float> evenCd = Avx512F.Shuffle4x128(c, d, 0x88);
        Vector512<float> oddCd = Avx512F.Shuffle4x128(c, d, 0xDD);
        Avx512F.Shuffle4x128(evenAb, evenCd, 0x88).Store(destination);
        Avx512F.Shuffle4x128(oddAb, oddCd, 0x88).Store(destination + stride);
        Avx512F.Shuffle4x128(evenAb, evenCd, 0xDD).Store(destination + (2 * stride));
        Avx512F.Shuffle4x128(oddAb, oddCd, 0xDD).Store(destination + (3 * stride));
    }
}
