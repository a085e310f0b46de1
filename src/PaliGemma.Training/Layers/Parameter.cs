using PaliGemma.Checkpoints;
using static TorchSharp.torch;

namespace PaliGemma.Training.Layers;

/// <summary>A named weight of a model.</summary>
/// <param name="entry">Its published name, role and shape.</param>
/// <param name="value">Its elements; owned.</param>
public sealed class Parameter(LayoutEntry entry, Tensor value) : IDisposable
{
    /// <summary>The published name, for instance <c>language_model.model.norm.weight</c>.</summary>
    public string Name => entry.Name;

    /// <summary>What it does in the model.</summary>
    public TensorRole Role => entry.Role;

    /// <summary>The part of the model that it belongs to.</summary>
    public ModelPart Part => Role == TensorRole.TokenEmbedding ? ModelPart.Embedding
        : Name.StartsWith("vision_tower.", StringComparison.Ordinal) ? ModelPart.Vision
        : Name.StartsWith("multi_modal_projector.", StringComparison.Ordinal) ? ModelPart.Projector
        : ModelPart.Decoder;

    /// <summary>The extents.</summary>
    public IReadOnlyList<long> Shape => entry.Shape;

    /// <summary>The elements, a leaf of the graph of gradients.</summary>
    public Tensor Value => value;

    /// <summary>Whether training changes it.</summary>
    public bool IsTrainable
    {
        get => value.requires_grad;
        set => Value.requires_grad = value;
    }

    /// <inheritdoc/>
    public void Dispose() => value.Dispose();
}
