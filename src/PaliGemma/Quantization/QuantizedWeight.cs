using PaliGemma.Kernels;
using PaliGemma.Kernels.Formats;
using PaliGemma.Layers;

namespace PaliGemma.Quantization;

/// <summary>A quantised matrix as its parts, which a checkpoint stores and a <see cref="WeightMatrix"/> uses where they lie.</summary>
/// <param name="Format">Int8, Nf4, Fp4 or Int4.</param>
/// <param name="Rows">Output width.</param>
/// <param name="Columns">Input width.</param>
/// <param name="Codes">The weights' codes.</param>
/// <param name="Scales">Int8: float32 [rows]. Int4: bfloat16 [rows, blocks]. Nf4, Fp4: float32 [blocks], or bytes where they are nested.</param>
/// <param name="BlockSize">Nf4 and Fp4: elements per block.</param>
/// <param name="Nested">Nf4 and Fp4: what turns bytes into scales, or null.</param>
internal sealed record QuantizedWeight(
    WeightFormat Format, int Rows, int Columns, MemoryRegion Codes, MemoryRegion Scales, int BlockSize = 0, NestedStatistics? Nested = null)
{
    public WeightMatrix ToMatrix() => Format switch
    {
        WeightFormat.Int8 => new Int8Matrix(Codes, Scales, Rows, Columns),
        WeightFormat.Int4 => new Int4Matrix(Codes, Scales, Rows, Columns),
        WeightFormat.Nf4 => new Nf4Matrix(Codes, BlockScales(), Rows, Columns, BlockSize),
        _ => new Fp4Matrix(Codes, BlockScales(), Rows, Columns, BlockSize),
    };

    private BlockScales BlockScales() =>
        Nested is null ? new Float32Scales(Scales) : new NestedScales(Scales, Nested.Map, Nested.Absmax, Nested.Offset);
}

/// <summary>Double quantisation: scale = map[byte] · absmax[block of 256] + offset.</summary>
/// <param name="Map">The 256 values of a byte.</param>
/// <param name="Absmax">One per 256 bytes.</param>
/// <param name="Offset">Added to every scale.</param>
internal sealed record NestedStatistics(float[] Map, float[] Absmax, float Offset);
