using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PaliGemma.Kernels.Formats;

/// <summary>A byte of two 4-bit codes as the two 16-bit integers of a word.</summary>
internal readonly unsafe struct FourBitPair<TCode> : IElement<byte>
    where TCode : IFourBitCode
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Load(byte* source) => BitConverter.UInt32BitsToSingle(FourBitTable<TCode>.Pairs[*source]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load128(byte* source)
    {
        uint* pairs = FourBitTable<TCode>.Pairs;
        return Vector128.Create(pairs[source[0]], pairs[source[1]], pairs[source[2]], pairs[source[3]]).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load256(byte* source) => Vector256.Create(Load128(source), Load128(source + 4));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load512(byte* source)
    {
        if (!Avx512F.IsSupported)
        {
            return Vector512.Create(Load256(source), Load256(source + 8));
        }
        Vector512<uint> codes = Avx512F.ConvertToVector512UInt32(Vector128.Load(source));
        return (Avx512F.PermuteVar16x32(Vector512.Load(FourBitTable<TCode>.Words), codes >> 4)
            | Avx512F.PermuteVar16x32(Vector512.Load(FourBitTable<TCode>.Words + 16), codes)).AsSingle();
    }
}

/// <summary>Two bytes of four 4-bit codes as the four unsigned bytes of a word.</summary>
internal readonly unsafe struct FourBitQuad : IElement<ushort>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Load(ushort* source)
    {
        uint spread = (*source & 0xFFu) | ((*source & 0xFF00u) << 8);
        return BitConverter.UInt32BitsToSingle(((spread >> 4) | (spread << 8)) & 0x0F0F0F0F);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load128(ushort* source)
    {
        Vector128<ushort> spread = Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(ulong*)source).AsByte());
        return (((spread >> 4) | (spread << 8)) & Vector128.Create((ushort)0x0F0F)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load256(ushort* source)
    {
        if (!Avx2.IsSupported)
        {
            return Vector256.Create(Load128(source), Load128(source + 4));
        }
        Vector256<ushort> spread = Avx2.ConvertToVector256Int16((byte*)source).AsUInt16();
        return (((spread >> 4) | (spread << 8)) & Vector256.Create((ushort)0x0F0F)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load512(ushort* source)
    {
        if (!Avx512BW.IsSupported)
        {
            return Vector512.Create(Load256(source), Load256(source + 8));
        }
        Vector512<ushort> spread = Avx512BW.ConvertToVector512UInt16(Vector256.Load((byte*)source));
        return (((spread >> 4) | (spread << 8)) & Vector512.Create((ushort)0x0F0F)).AsSingle();
    }
}
