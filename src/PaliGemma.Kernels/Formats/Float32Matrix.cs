using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using PaliGemma.Kernels.Products;

namespace PaliGemma.Kernels.Formats;

/// <summary>Weights in float32, used where they lie.</summary>
/// <param name="data">[rows, columns], row-major.</param>
/// <param name="rows">Output width.</param>
/// <param name="columns">Input width.</param>
public sealed class Float32Matrix(MemoryRegion data, int rows, int columns) : WeightMatrix(rows, columns)
{
    private readonly DenseProduct<Float32Element, float> _product = new(data, rows, columns);

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

/// <summary>float32 as it is.</summary>
internal readonly unsafe struct Float32Element : IElement<float>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Load(float* source) => *source;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load128(float* source) => Vector128.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load256(float* source) => Vector256.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load512(float* source) => Vector512.Load(source);
}
