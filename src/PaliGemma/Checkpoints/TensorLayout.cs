using PaliGemma.Configuration;

namespace PaliGemma.Checkpoints;

/// <summary>What a tensor does in the model.</summary>
public enum TensorRole
{
    /// <summary>Multiplies activations: a matrix [output, input], or the patch convolution [output, channels, rows, columns].</summary>
    Projection,

    /// <summary>Turns tokens into vectors and, transposed, vectors into logits.</summary>
    TokenEmbedding,

    /// <summary>Is added to the patches, a row for each.</summary>
    PositionEmbedding,

    /// <summary>Is added to a projection's output.</summary>
    Bias,

    /// <summary>A layer norm's factor; 1 is neutral.</summary>
    LayerNormWeight,

    /// <summary>A layer norm's summand; 0 is neutral.</summary>
    LayerNormBias,

    /// <summary>Gemma's norm multiplies by one more than this; 0 is neutral.</summary>
    RmsNormWeight,
}

/// <summary>A tensor that a checkpoint has.</summary>
/// <param name="Name">Its published name.</param>
/// <param name="Role">What it does.</param>
/// <param name="Shape">Its extents.</param>
public sealed record LayoutEntry(string Name, TensorRole Role, IReadOnlyList<long> Shape)
{
    /// <summary>Its elements.</summary>
    public long ElementCount => TensorShape.ElementCount(Shape)!.Value;
}

/// <summary>
/// The tensors of a published checkpoint: names, roles and shapes in the order of the reference's modules, which is the order in which
/// shards are filled (transformers 4.44, <c>PaliGemmaForConditionalGeneration.state_dict</c>). The head is the token embedding and so has
/// no tensor.
/// </summary>
public sealed class TensorLayout
{
    private readonly List<LayoutEntry> _entries = [];

    private TensorLayout(PaliGemmaConfig config)
    {
        AddVision(config.Vision);
        AddLinear("multi_modal_projector.linear", config.ProjectionSize, config.Vision.HiddenSize);
        AddDecoder(config.Text);
    }

    /// <summary>The tensors of a model of these sizes.</summary>
    public static IReadOnlyList<LayoutEntry> Of(PaliGemmaConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return new TensorLayout(config)._entries;
    }

    private void AddVision(SiglipVisionConfig config)
    {
        const string Prefix = "vision_tower.vision_model";
        int size = config.HiddenSize;
        int patch = config.PatchSize;
        Add(Prefix + ".embeddings.patch_embedding.weight", TensorRole.Projection, size, config.ChannelCount, patch, patch);
        Add(Prefix + ".embeddings.patch_embedding.bias", TensorRole.Bias, size);
        Add(Prefix + ".embeddings.position_embedding.weight", TensorRole.PositionEmbedding, config.PatchCount, size);
        for (int i = 0; i < config.LayerCount; i++)
        {
            string layer = $"{Prefix}.encoder.layers.{i}";
            AddLinear(layer + ".self_attn.k_proj", size, size);
            AddLinear(layer + ".self_attn.v_proj", size, size);
            AddLinear(layer + ".self_attn.q_proj", size, size);
            AddLinear(layer + ".self_attn.out_proj", size, size);
            AddLayerNorm(layer + ".layer_norm1", size);
            AddLinear(layer + ".mlp.fc1", config.IntermediateSize, size);
            AddLinear(layer + ".mlp.fc2", size, config.IntermediateSize);
            AddLayerNorm(layer + ".layer_norm2", size);
        }
        AddLayerNorm(Prefix + ".post_layernorm", size);
    }

    private void AddDecoder(GemmaConfig config)
    {
        const string Prefix = "language_model.model";
        int size = config.HiddenSize;
        int queries = config.HeadCount * config.HeadSize;
        int keys = config.KeyValueHeadCount * config.HeadSize;
        Add(Prefix + ".embed_tokens.weight", TensorRole.TokenEmbedding, config.VocabularySize, size);
        for (int i = 0; i < config.LayerCount; i++)
        {
            string layer = $"{Prefix}.layers.{i}";
            Add(layer + ".self_attn.q_proj.weight", TensorRole.Projection, queries, size);
            Add(layer + ".self_attn.k_proj.weight", TensorRole.Projection, keys, size);
            Add(layer + ".self_attn.v_proj.weight", TensorRole.Projection, keys, size);
            Add(layer + ".self_attn.o_proj.weight", TensorRole.Projection, size, queries);
            Add(layer + ".mlp.gate_proj.weight", TensorRole.Projection, config.IntermediateSize, size);
            Add(layer + ".mlp.up_proj.weight", TensorRole.Projection, config.IntermediateSize, size);
            Add(layer + ".mlp.down_proj.weight", TensorRole.Projection, size, config.IntermediateSize);
            Add(layer + ".input_layernorm.weight", TensorRole.RmsNormWeight, size);
            Add(layer + ".post_attention_layernorm.weight", TensorRole.RmsNormWeight, size);
            if (config.Version == GemmaVersion.Gemma2)
            {
                Add(layer + ".pre_feedforward_layernorm.weight", TensorRole.RmsNormWeight, size);
                Add(layer + ".post_feedforward_layernorm.weight", TensorRole.RmsNormWeight, size);
            }
        }
        Add(Prefix + ".norm.weight", TensorRole.RmsNormWeight, size);
    }

    private void AddLinear(string prefix, int outputSize, int inputSize)
    {
        Add(prefix + ".weight", TensorRole.Projection, outputSize, inputSize);
        Add(prefix + ".bias", TensorRole.Bias, outputSize);
    }

    private void AddLayerNorm(string prefix, int size)
    {
        Add(prefix + ".weight", TensorRole.LayerNormWeight, size);
        Add(prefix + ".bias", TensorRole.LayerNormBias, size);
    }

    private void Add(string name, TensorRole role, params ReadOnlySpan<long> shape) =>
        _entries.Add(new LayoutEntry(name, role, shape.ToArray()));
}
