using PaliGemma.Checkpoints;
using PaliGemma.Kernels;
using PaliGemma.Kernels.Formats;
using PaliGemma.Layers;

namespace PaliGemma.Quantization;

/// <summary>Quantises a stored matrix on all processors, of which each holds some rows in float32 at a time.</summary>
internal static class WeightQuantizer
{
    /// <summary>Rows converted at a time; a multiple of the block size, so that a chunk of any width is whole blocks.</summary>
    private const int ChunkRows = BlockSize;

    /// <summary>Elements per block that bitsandbytes writes.</summary>
    private const int BlockSize = 64;

    /// <summary>Quantises <paramref name="tensor"/> [rows, columns].</summary>
    /// <param name="tensor">A floating-point tensor.</param>
    /// <param name="rows">Output width.</param>
    /// <param name="columns">Input width.</param>
    /// <param name="format">Int8, Nf4, Fp4 or Int4.</param>
    /// <param name="doubleQuantized">Nf4 and Fp4: whether scales are quantised too.</param>
    /// <param name="allocate">Gives memory for the result.</param>
    /// <param name="cancellation">Stops between chunks.</param>
    public static QuantizedWeight Quantize(
        StoredTensor tensor,
        int rows,
        int columns,
        WeightFormat format,
        bool doubleQuantized,
        Func<long, NativeBuffer> allocate,
        CancellationToken cancellation = default)
    {
        long elements = (long)rows * columns;
        switch (format)
        {
            case WeightFormat.Int8:
                NativeBuffer bytes = allocate(elements);
                NativeBuffer absmax = allocate((long)rows * sizeof(float));
                ForChunks(tensor, rows, columns, (first, values) =>
                {
                    Span<float> scales = absmax.Span<float>(first, values.Length / columns);
                    for (int r = 0; r < scales.Length; r++)
                    {
                        scales[r] = Int8Matrix.Pack(
                            values.AsSpan(r * columns, columns), bytes.Span<sbyte>((long)(first + r) * columns, columns));
                    }
                }, cancellation);
                return new QuantizedWeight(format, rows, columns, bytes.Region, absmax.Region);
            case WeightFormat.Int4:
                int blocks = Int4Matrix.BlocksPerRow(columns);
                int rowBytes = blocks * Int4Matrix.BlockSize / 2;
                NativeBuffer codes = allocate((long)rows * rowBytes);
                NativeBuffer blockScales = allocate((long)rows * blocks * sizeof(ushort));
                ForChunks(tensor, rows, columns, (first, values) =>
                {
                    for (int r = 0; r < values.Length / columns; r++)
                    {
                        Int4Matrix.Pack(
                            values.AsSpan(r * columns, columns),
                            codes.Span<byte>((long)(first + r) * rowBytes, rowBytes),
                            blockScales.Span<ushort>((long)(first + r) * blocks, blocks));
                    }
                }, cancellation);
                return new QuantizedWeight(format, rows, columns, codes.Region, blockScales.Region);
            default:
                return QuantizeFlat(tensor, rows, columns, format, doubleQuantized, allocate, cancellation);
        }
    }

    private static QuantizedWeight QuantizeFlat(
        StoredTensor tensor,
        int rows,
        int columns,
        WeightFormat format,
        bool doubleQuantized,
        Func<long, NativeBuffer> allocate,
        CancellationToken cancellation)
    {
        long elements = (long)rows * columns;
        int blocks = checked((int)((elements + BlockSize - 1) / BlockSize));
        NativeBuffer codes = allocate((elements + 1) / 2);
        float[] nestedInput = doubleQuantized ? new float[blocks] : [];
        NativeBuffer? absmax = doubleQuantized ? null : allocate((long)blocks * sizeof(float));
        ForChunks(tensor, rows, columns, (first, values) =>
        {
            long element = (long)first * columns;
            Span<byte> target = codes.Span<byte>(element / 2, (values.Length + 1) / 2);
            int block = (int)(element / BlockSize);
            int count = (values.Length + BlockSize - 1) / BlockSize;
            Span<float> scales = absmax is null ? nestedInput.AsSpan(block, count) : absmax.Span<float>(block, count);
            if (format == WeightFormat.Nf4)
            {
                Nf4Matrix.Pack(values, BlockSize, target, scales);
            }
            else
            {
                Fp4Matrix.Pack(values, BlockSize, target, scales);
            }
        }, cancellation);
        if (absmax is not null)
        {
            return new QuantizedWeight(format, rows, columns, codes.Region, absmax.Region, BlockSize);
        }
        NativeBuffer nestedCodes = allocate(blocks);
        float[] nestedAbsmax = new float[(blocks + NestedScales.BlockSize - 1) / NestedScales.BlockSize];
        float offset = NestedScales.Pack(nestedInput, nestedCodes.Span<byte>(0, blocks), nestedAbsmax);
        return new QuantizedWeight(
            format, rows, columns, codes.Region, nestedCodes.Region, BlockSize,
            new NestedStatistics(NestedScales.DynamicMap.ToArray(), nestedAbsmax, offset));
    }

    private static void ForChunks(StoredTensor tensor, int rows, int columns, Action<int, float[]> pack, CancellationToken cancellation)
    {
        Parallel.For(
            0,
            (rows + ChunkRows - 1) / ChunkRows,
            new ParallelOptions { CancellationToken = cancellation, MaxDegreeOfParallelism = Environment.ProcessorCount },
            () => new float[Math.Min(rows, ChunkRows) * columns],
            (chunk, _, buffer) =>
            {
                int first = chunk * ChunkRows;
                int count = Math.Min(ChunkRows, rows - first) * columns;
                float[] values = count == buffer.Length ? buffer : new float[count];
                ElementConversion.ToFloat32(tensor.Type, tensor.Data, (long)first * columns, values);
                pack(first, values);
                return buffer;
            },
            _ => { });
    }
}
