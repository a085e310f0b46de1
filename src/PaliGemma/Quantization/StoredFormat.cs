using PaliGemma.Checkpoints;
using PaliGemma.Layers;

namespace PaliGemma.Quantization;

/// <summary>The format in which a checkpoint holds the matrices of its layers.</summary>
public static class StoredFormat
{
    /// <summary>A matrix that every checkpoint has, and that is quantised wherever one is.</summary>
    private const string Matrix = "language_model.model.layers.0.mlp.down_proj.weight";

    /// <summary>
    /// The format, as names and types tell it; Auto where the checkpoint lacks the matrix or has it in a type that is none.
    /// </summary>
    public static WeightFormat Of(Checkpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        if (QuantizedTensors.FormatOf(checkpoint, Matrix) is WeightFormat quantized)
        {
            return quantized;
        }
        return checkpoint.TryDescribe(Matrix, out TensorDeclaration matrix) ? FormatOf(matrix.Type) : WeightFormat.Auto;
    }

    private static WeightFormat FormatOf(ElementType type) => type switch
    {
        ElementType.Float32 => WeightFormat.Float32,
        ElementType.BFloat16 => WeightFormat.BFloat16,
        ElementType.Float16 => WeightFormat.Float16,
        _ => WeightFormat.Auto,
    };
}
