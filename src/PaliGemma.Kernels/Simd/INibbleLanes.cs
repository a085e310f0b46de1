using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using PaliGemma.Kernels.Formats;

namespace PaliGemma.Kernels.Simd;

/// <summary>The products of one register of 4-bit codes, looked up as 16-bit integers, with 16-bit activations in an order that suits the lookup.</summary>
internal unsafe interface INibbleLanes<TVector>
    where TVector : unmanaged
{
    /// <summary>Bytes of codes per register; twice as many elements.</summary>
    static abstract int Bytes { get; }

    /// <summary>The element, among a register's, whose activation stands at place <paramref name="place"/>.</summary>
    static abstract int Element(int place);

    /// <summary>Sums of products, converted to float32: as many neighbouring elements per lane as the register has elements per lane.</summary>
    static abstract TVector Dot<TCode>(byte* codes, short* x)
        where TCode : IFourBitCode;

    /// <summary>For each lane, the scale of the block that its elements are in.</summary>
    /// <param name="scales">The scales of the register's elements, from the first one's on.</param>
    /// <param name="blockSize">32 or 64 elements.</param>
    static abstract TVector Scales<TElement, TStored>(TStored* scales, int blockSize)
        where TElement : IElement<TStored>
        where TStored : unmanaged;
}

/// <summary>AVX-512BW: codes are looked up two bytes at a time, in four shifts.</summary>
internal readonly unsafe struct NibbleLanes512 : INibbleLanes<Vector512<float>>
{
    private static Vector512<float> UpperHalf => Vector512.Create(Vector256<int>.Zero, Vector256<int>.AllBitsSet).AsSingle();

    private static Vector512<int> BlocksOf32 => Vector512.Create(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);

    public static int Bytes => 64;

    public static int Element(int place) => (4 * (place % 32)) + (place / 32 ^ 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Dot<TCode>(byte* codes, short* x)
        where TCode : IFourBitCode
    {
        Vector512<short> table = Vector512.Load(FourBitTable<TCode>.Integers);
        Vector512<ushort> packed = Vector512.Load((ushort*)codes);
        Vector512<int> first = Avx512BW.MultiplyAddAdjacent(
            Avx512BW.PermuteVar32x16(table, packed.AsInt16()), Vector512.Load(x));
        Vector512<int> second = Avx512BW.MultiplyAddAdjacent(
            Avx512BW.PermuteVar32x16(table, (packed >> 4).AsInt16()), Vector512.Load(x + 32));
        first += Avx512BW.MultiplyAddAdjacent(Avx512BW.PermuteVar32x16(table, (packed >> 8).AsInt16()), Vector512.Load(x + 64));
        second += Avx512BW.MultiplyAddAdjacent(Avx512BW.PermuteVar32x16(table, (packed >> 12).AsInt16()), Vector512.Load(x + 96));
        return Vector512.ConvertToSingle(first + second);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Scales<TElement, TStored>(TStored* scales, int blockSize)
        where TElement : IElement<TStored>
        where TStored : unmanaged => blockSize == 64
            ? Vector512.ConditionalSelect(UpperHalf, Vector512.Create(TElement.Load(scales + 1)), Vector512.Create(TElement.Load(scales)))
            : Avx512F.PermuteVar16x32(TElement.Load128(scales).ToVector256Unsafe().ToVector512Unsafe(), BlocksOf32);
}

/// <summary>AVX2: the two bytes of an integer are looked up one after the other.</summary>
internal readonly unsafe struct NibbleLanes256 : INibbleLanes<Vector256<float>>
{
    public static int Bytes => 32;

    public static int Element(int place)
    {
        int group = place / 16; // 0, 1: even elements; 2, 3: odd ones.
        int lane = place % 16;
        int source = (lane % 8) + (lane / 8 * 16) + (group % 2 * 8);
        return (2 * source) + (group / 2);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Dot<TCode>(byte* codes, short* x)
        where TCode : IFourBitCode
    {
        Vector256<byte> low = Avx2.BroadcastVector128ToVector256(FourBitTable<TCode>.Bytes);
        Vector256<byte> high = Avx2.BroadcastVector128ToVector256(FourBitTable<TCode>.Bytes + 16);
        Vector256<byte> mask = Vector256.Create((byte)15);
        Vector256<byte> packed = Vector256.Load(codes);
        Vector256<byte> even = (packed.AsUInt16() >> 4).AsByte() & mask;
        Vector256<byte> odd = packed & mask;
        Vector256<byte> evenLow = Avx2.Shuffle(low, even);
        Vector256<byte> evenHigh = Avx2.Shuffle(high, even);
        Vector256<byte> oddLow = Avx2.Shuffle(low, odd);
        Vector256<byte> oddHigh = Avx2.Shuffle(high, odd);
        Vector256<int> first = Avx2.MultiplyAddAdjacent(Avx2.UnpackLow(evenLow, evenHigh).AsInt16(), Vector256.Load(x));
        Vector256<int> second = Avx2.MultiplyAddAdjacent(Avx2.UnpackHigh(evenLow, evenHigh).AsInt16(), Vector256.Load(x + 16));
        first += Avx2.MultiplyAddAdjacent(Avx2.UnpackLow(oddLow, oddHigh).AsInt16(), Vector256.Load(x + 32));
        second += Avx2.MultiplyAddAdjacent(Avx2.UnpackHigh(oddLow, oddHigh).AsInt16(), Vector256.Load(x + 48));
        return Vector256.ConvertToSingle(first + second);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Scales<TElement, TStored>(TStored* scales, int blockSize)
        where TElement : IElement<TStored>
        where TStored : unmanaged => blockSize == 64
            ? Vector256.Create(TElement.Load(scales))
            : Vector256.Create(Vector128.Create(TElement.Load(scales)), Vector128.Create(TElement.Load(scales + 1)));
}

/// <summary>Any processor with 16-byte registers.</summary>
internal readonly unsafe struct NibbleLanes128 : INibbleLanes<Vector128<float>>
{
    public static int Bytes => 16;

    public static int Element(int place) => (2 * (place % 16)) + (place / 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Dot<TCode>(byte* codes, short* x)
        where TCode : IFourBitCode
    {
        Vector128<byte> low = Vector128.Load(FourBitTable<TCode>.Bytes);
        Vector128<byte> high = Vector128.Load(FourBitTable<TCode>.Bytes + 16);
        Vector128<byte> packed = Vector128.Load(codes);
        Vector128<int> sum = Half(low, high, packed >> 4, x) + Half(low, high, packed & Vector128.Create((byte)15), x + 16);
        return Vector128.ConvertToSingle(sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Scales<TElement, TStored>(TStored* scales, int blockSize)
        where TElement : IElement<TStored>
        where TStored : unmanaged => Vector128.Create(TElement.Load(scales));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Half(Vector128<byte> low, Vector128<byte> high, Vector128<byte> codes, short* x)
    {
        Vector128<byte> lowBytes = Vector128.Shuffle(low, codes);
        Vector128<byte> highBytes = Vector128.Shuffle(high, codes);
        Vector128<ushort> first = Vector128.WidenLower(lowBytes) | (Vector128.WidenLower(highBytes) << 8);
        Vector128<ushort> second = Vector128.WidenUpper(lowBytes) | (Vector128.WidenUpper(highBytes) << 8);
        return PairLanes128.MultiplyPairs(first.AsInt16(), Vector128.Load(x)) + PairLanes128.MultiplyPairs(second.AsInt16(), Vector128.Load(x + 8));
    }
}
