using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PaliGemma.Kernels.Formats;

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

/// <summary>Two bytes of four 4-bit codes as the four unsigned bytes of a word, looked up in <see cref="FourBitTable{TCode}.Levels"/>.</summary>
internal readonly unsafe struct FourBitLevels<TCode> : IElement<ushort>
    where TCode : IFourBitCode
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Load(ushort* source)
    {
        uint codes = BitConverter.SingleToUInt32Bits(FourBitQuad.Load(source));
        byte* levels = FourBitTable<TCode>.Levels;
        return BitConverter.UInt32BitsToSingle(
            levels[codes & 15] | ((uint)levels[(codes >> 8) & 15] << 8) | ((uint)levels[(codes >> 16) & 15] << 16) | ((uint)levels[codes >> 24] << 24));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load128(ushort* source) =>
        Vector128.Shuffle(Vector128.Load(FourBitTable<TCode>.Levels), FourBitQuad.Load128(source).AsByte()).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load256(ushort* source) => Avx2.IsSupported
        ? Avx2.Shuffle(Vector256.Load(FourBitTable<TCode>.Levels), FourBitQuad.Load256(source).AsByte()).AsSingle()
        : Vector256.Create(Load128(source), Load128(source + 4));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load512(ushort* source) => Avx512BW.IsSupported
        ? Avx512BW.Shuffle(Vector512.Load(FourBitTable<TCode>.Levels), FourBitQuad.Load512(source).AsByte()).AsSingle()
        : Vector512.Create(Load256(source), Load256(source + 8));
}
