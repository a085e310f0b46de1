using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using PaliGemma.Kernels.Products;

namespace PaliGemma.Kernels.Formats;

/// <summary>Weights in bfloat16, the upper half of a float32, used where they lie.</summary>
/// <param name="data">[rows, columns], row-major.</param>
/// <param name="rows">Output width.</param>
/// <param name="columns">Input width.</param>
public sealed class BFloat16Matrix(MemoryRegion data, int rows, int columns) : WeightMatrix(rows, columns)
{
    private readonly DenseProduct<BFloat16Element, ushort> _product = new(data, rows, columns);

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

/// <summary>bfloat16: a shift makes it float32, exactly.</summary>
internal readonly unsafe struct BFloat16Element : IElement<ushort>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Load(ushort* source) => BitConverter.UInt32BitsToSingle((uint)*source << 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load128(ushort* source) =>
        Vector128.ShiftLeft(Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(ulong*)source).AsUInt16()), 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load256(ushort* source) =>
        Avx2.IsSupported
            ? Vector256.ShiftLeft(Avx2.ConvertToVector256Int32(source), 16).AsSingle()
            : Vector256.Create(Load128(source), Load128(source + 4));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load512(ushort* source) =>
        Avx512F.IsSupported
            ? Vector512.ShiftLeft(Avx512F.ConvertToVector512Int32(Vector256.Load(source)), 16).AsSingle()
            : Vector512.Create(Load256(source), Load256(source + 8));
}
