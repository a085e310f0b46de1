using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using PaliGemma.Kernels.Products;

namespace PaliGemma.Kernels.Formats;

/// <summary>Weights in float16 (IEEE 754 binary16) used where they lie.</summary>
/// <param name="data">[rows, columns], row-major.</param>
/// <param name="rows">Output width.</param>
/// <param name="columns">Input width.</param>
public sealed class Float16Matrix(MemoryRegion data, int rows, int columns) : WeightMatrix(rows, columns)
{
    private readonly DenseProduct<Float16Element, ushort> _product = new(data, rows, columns);

    /// <inheritdoc/>
    public override IReadOnlyList<MemoryRegion> Regions => _product.Regions;

    /// <inheritdoc/>
    public override void Multiply(ReadOnlySpan<float> x, int tokens, Span<float> y, WorkerPool pool) => _product.Multiply(x, tokens, y, pool);

    /// <inheritdoc/>
    public override void MultiplyRows(ReadOnlySpan<float> x, ReadOnlySpan<int> rows, Span<float> y, WorkerPool pool) =>
        _product.MultiplyRows(x, rows, y, pool);

    /// <inheritdoc/>
    public override void CopyRow(int row, Span<float> destination) => _product.CopyRow(row, destination);
}

/// <summary>
/// float16. Moved to float32's place, its bits are the value times 2^-112, subnormals included; one exact product restores it. Only infinity and NaN,
/// whose exponent has no meaning as a number, are patched. This is what there is, because .NET has no vector conversion of Half.
/// </summary>
internal readonly unsafe struct Float16Element : IElement<ushort>
{
    private const int SignMask = 0x8000;
    private const int InfinityBits = 0x0F800000; // float16's infinity, moved
    private const int FloatInfinity = 0x7F800000;
    private const float Rescale = 5192296858534827628530496329220096f; // 2^112

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Load(ushort* source) => (float)BitConverter.UInt16BitsToHalf(*source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load128(ushort* source)
    {
        Vector128<int> bits = Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(ulong*)source).AsUInt16()).AsInt32();
        Vector128<int> sign = (bits & Vector128.Create(SignMask)) << 16;
        Vector128<int> magnitude = (bits & Vector128.Create(0x7FFF)) << 13;
        Vector128<int> infinite = Vector128.GreaterThanOrEqual(magnitude, Vector128.Create(InfinityBits)) & Vector128.Create(FloatInfinity);
        Vector128<float> value = magnitude.AsSingle() * Rescale;
        return (value.AsInt32() | infinite | sign).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load256(ushort* source)
    {
        if (!Avx2.IsSupported)
        {
            return Vector256.Create(Load128(source), Load128(source + 4));
        }
        Vector256<int> bits = Avx2.ConvertToVector256Int32(source);
        Vector256<int> sign = (bits & Vector256.Create(SignMask)) << 16;
        Vector256<int> magnitude = (bits & Vector256.Create(0x7FFF)) << 13;
        Vector256<int> infinite = Vector256.GreaterThanOrEqual(magnitude, Vector256.Create(InfinityBits)) & Vector256.Create(FloatInfinity);
        Vector256<float> value = magnitude.AsSingle() * Rescale;
        return (value.AsInt32() | infinite | sign).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load512(ushort* source)
    {
        if (!Avx512F.IsSupported)
        {
            return Vector512.Create(Load256(source), Load256(source + 8));
        }
        Vector512<int> bits = Avx512F.ConvertToVector512Int32(Vector256.Load(source));
        Vector512<int> sign = (bits & Vector512.Create(SignMask)) << 16;
        Vector512<int> magnitude = (bits & Vector512.Create(0x7FFF)) << 13;
        Vector512<int> infinite = Vector512.GreaterThanOrEqual(magnitude, Vector512.Create(InfinityBits)) & Vector512.Create(FloatInfinity);
        Vector512<float> value = magnitude.AsSingle() * Rescale;
        return (value.AsInt32() | infinite | sign).AsSingle();
    }
}
