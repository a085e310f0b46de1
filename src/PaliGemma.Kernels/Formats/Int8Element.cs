using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PaliGemma.Kernels.Formats;

/// <summary>A signed byte as float32, without its scale.</summary>
internal readonly unsafe struct Int8Element : IElement<sbyte>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Load(sbyte* source) => *source;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load128(sbyte* source) =>
        Vector128.ConvertToSingle(Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(uint*)source).AsSByte())));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load256(sbyte* source) =>
        Avx2.IsSupported
            ? Vector256.ConvertToSingle(Avx2.ConvertToVector256Int32(source))
            : Vector256.Create(Load128(source), Load128(source + 4));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load512(sbyte* source) =>
        Avx512F.IsSupported
            ? Vector512.ConvertToSingle(Avx512F.ConvertToVector512Int32(Vector128.Load(source)))
            : Vector512.Create(Load256(source), Load256(source + 8));
}

/// <summary>Two neighbouring signed bytes as the two 16-bit integers of a word.</summary>
internal readonly unsafe struct Int8Pair : IElement<ushort>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Load(ushort* source)
    {
        sbyte* pair = (sbyte*)source;
        return BitConverter.Int32BitsToSingle((pair[1] << 16) + (pair[0] & 0xFFFF));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load128(ushort* source) =>
        Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(ulong*)source).AsSByte()).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load256(ushort* source) =>
        Avx2.IsSupported
            ? Avx2.ConvertToVector256Int16((sbyte*)source).AsSingle()
            : Vector256.Create(Load128(source), Load128(source + 4));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load512(ushort* source) =>
        Avx512BW.IsSupported
            ? Avx512BW.ConvertToVector512Int16(Vector256.Load((sbyte*)source)).AsSingle()
            : Vector512.Create(Load256(source), Load256(source + 8));
}
