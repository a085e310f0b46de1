using PaliGemma.Configuration;

namespace PaliGemma.Checkpoints;

/// <summary>
/// The arrays of big_vision's PaliGemma checkpoints (big_vision, models/vit.py and models/ppp/gemma.py) and what they are in the published
/// layout. Layers are stacked along the first axis; dense kernels are [input, output], the patch convolution [row, column, channel,
/// output]; heads have axes of their own.
/// </summary>
/// <param name="config">The sizes.</param>
internal sealed class NumpyLayout(PaliGemmaConfig config)
{
    public const string PatchKernel = "img/embedding/kernel";
    public const string Positions = "img/pos_embedding";
    public const string VisionLayers = "img/Transformer/encoderblock";
    public const string VisionAttention = VisionLayers + "/MultiHeadDotProductAttention_0";
    public const string VisionMlp = VisionLayers + "/MlpBlock_0";
    public const string Head = "img/head";
    public const string TokenEmbedding = "llm/embedder/input_embedding";
    public const string DecoderLayers = "llm/layers";
    public const string QueryKernel = DecoderLayers + "/attn/q_einsum/w";
    public const string KeyValueKernel = DecoderLayers + "/attn/kv_einsum/w";
    public const string GateUpKernel = DecoderLayers + "/mlp/gating_einsum";

    private readonly Dictionary<string, NumpySource> _sources = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long[]> _arrays = new(StringComparer.Ordinal);

    /// <summary>The extents that the arrays must have.</summary>
    public IReadOnlyDictionary<string, long[]> Arrays => _arrays;

    /// <summary>Where every published tensor comes from.</summary>
    public Dictionary<string, NumpySource> Build()
    {
        AddVision(config.Vision);
        int vision = config.Vision.HiddenSize;
        AddDense("multi_modal_projector.linear", Head, layers: 1, [vision], [config.ProjectionSize], stacked: false);
        AddDecoder(config.Text);
        return _sources;
    }

    private void AddVision(SiglipVisionConfig vision)
    {
        const string Tower = "vision_tower.vision_model";
        const string Layer = Tower + ".encoder.layers.{0}";
        int size = vision.HiddenSize;
        int patch = vision.PatchSize;
        int layers = vision.LayerCount;
        _arrays[PatchKernel] = [patch, patch, vision.ChannelCount, size];
        // [rows · columns · channels, output] becomes [output, rows · columns · channels], and each row of that [channels, rows · columns].
        _sources[Tower + ".embeddings.patch_embedding.weight"] = new(
            PatchKernel, 0, 1, [size, vision.ChannelCount, patch, patch],
            new Transposition(1, patch * patch * vision.ChannelCount, size), new Transposition(size, patch * patch, vision.ChannelCount));
        AddWhole(Tower + ".embeddings.patch_embedding.bias", "img/embedding/bias", [size]);
        AddWhole(Tower + ".embeddings.position_embedding.weight", Positions, [vision.PatchCount, size], [1, vision.PatchCount, size]);
        long[] heads = [vision.HeadCount, vision.HeadSize];
        AddDense(Layer + ".self_attn.q_proj", VisionAttention + "/query", layers, [size], heads);
        AddDense(Layer + ".self_attn.k_proj", VisionAttention + "/key", layers, [size], heads);
        AddDense(Layer + ".self_attn.v_proj", VisionAttention + "/value", layers, [size], heads);
        AddDense(Layer + ".self_attn.out_proj", VisionAttention + "/out", layers, heads, [size]);
        AddDense(Layer + ".mlp.fc1", VisionMlp + "/Dense_0", layers, [size], [vision.IntermediateSize]);
        AddDense(Layer + ".mlp.fc2", VisionMlp + "/Dense_1", layers, [vision.IntermediateSize], [size]);
        AddStack(Layer + ".layer_norm1.weight", VisionLayers + "/LayerNorm_0/scale", layers, size);
        AddStack(Layer + ".layer_norm1.bias", VisionLayers + "/LayerNorm_0/bias", layers, size);
        AddStack(Layer + ".layer_norm2.weight", VisionLayers + "/LayerNorm_1/scale", layers, size);
        AddStack(Layer + ".layer_norm2.bias", VisionLayers + "/LayerNorm_1/bias", layers, size);
        AddWhole(Tower + ".post_layernorm.weight", "img/Transformer/encoder_norm/scale", [size]);
        AddWhole(Tower + ".post_layernorm.bias", "img/Transformer/encoder_norm/bias", [size]);
    }

    private void AddDecoder(GemmaConfig text)
    {
        const string Model = "language_model.model";
        const string Layer = Model + ".layers.{0}";
        int size = text.HiddenSize;
        int head = text.HeadSize;
        int layers = text.LayerCount;
        AddWhole(Model + ".embed_tokens.weight", TokenEmbedding, [text.VocabularySize, size]);
        AddWhole(Model + ".norm.weight", "llm/final_norm/scale", [size]);
        AddStack(Layer + ".input_layernorm.weight", DecoderLayers + "/pre_attention_norm/scale", layers, size);
        // Hugging Face's name of the norm before the MLP.
        AddStack(Layer + ".post_attention_layernorm.weight", DecoderLayers + "/pre_ffw_norm/scale", layers, size);

        int queries = text.HeadCount;
        int keys = text.KeyValueHeadCount;
        _arrays[QueryKernel] = [layers, queries, size, head];
        AddTransposed(Layer + ".self_attn.q_proj.weight", QueryKernel, layers, 0, 1, new Transposition(queries, size, head));
        _arrays[KeyValueKernel] = [layers, 2, keys, size, head];
        AddTransposed(Layer + ".self_attn.k_proj.weight", KeyValueKernel, layers, 0, 2, new Transposition(keys, size, head));
        AddTransposed(Layer + ".self_attn.v_proj.weight", KeyValueKernel, layers, 1, 2, new Transposition(keys, size, head));
        const string Output = DecoderLayers + "/attn/attn_vec_einsum/w";
        _arrays[Output] = [layers, queries, head, size];
        AddTransposed(Layer + ".self_attn.o_proj.weight", Output, layers, 0, 1, new Transposition(1, queries * head, size));

        int inner = text.IntermediateSize;
        _arrays[GateUpKernel] = [layers, 2, size, inner];
        AddTransposed(Layer + ".mlp.gate_proj.weight", GateUpKernel, layers, 0, 2, new Transposition(1, size, inner));
        AddTransposed(Layer + ".mlp.up_proj.weight", GateUpKernel, layers, 1, 2, new Transposition(1, size, inner));
        const string Down = DecoderLayers + "/mlp/linear";
        _arrays[Down] = [layers, inner, size];
        AddTransposed(Layer + ".mlp.down_proj.weight", Down, layers, 0, 1, new Transposition(1, inner, size));
    }

    /// <summary>A tensor that is a whole array, which may have extents of 1 more.</summary>
    private void AddWhole(string name, string array, long[] shape, long[]? arrayShape = null)
    {
        _arrays[array] = arrayShape ?? shape;
        _sources[name] = new(array, 0, 1, shape);
    }

    /// <summary>Vectors of all layers.</summary>
    private void AddStack(string name, string array, int layers, int size)
    {
        _arrays[array] = [layers, size];
        for (int layer = 0; layer < layers; layer++)
        {
            _sources[Name(name, layer)] = new(array, layer, layers, [size]);
        }
    }

    /// <summary>A dense layer's kernel [inputs, outputs] and bias [outputs], where either side may have an axis for heads.</summary>
    private void AddDense(string name, string array, int layers, long[] inputs, long[] outputs, bool stacked = true)
    {
        long[] stack = stacked ? [layers] : [];
        int input = (int)inputs.Aggregate((product, extent) => product * extent);
        int output = (int)outputs.Aggregate((product, extent) => product * extent);
        _arrays[array + "/kernel"] = [.. stack, .. inputs, .. outputs];
        _arrays[array + "/bias"] = [.. stack, .. outputs];
        AddTransposed(name + ".weight", array + "/kernel", layers, 0, 1, new Transposition(1, input, output));
        for (int layer = 0; layer < layers; layer++)
        {
            _sources[Name(name, layer) + ".bias"] = new(array + "/bias", layer, layers, [output]);
        }
    }

    /// <summary>
    /// Matrices of all layers, transposed: of the <paramref name="parts"/> that the array has for each layer, number
    /// <paramref name="part"/>.
    /// </summary>
    private void AddTransposed(string name, string array, int layers, int part, int parts, Transposition transposition)
    {
        long[] shape = [(long)transposition.Batches * transposition.Columns, transposition.Rows];
        for (int layer = 0; layer < layers; layer++)
        {
            _sources[Name(name, layer)] = new(array, (layer * parts) + part, layers * parts, shape, transposition);
        }
    }

    private static string Name(string pattern, int layer) => pattern.Replace("{0}", $"{layer}", StringComparison.Ordinal);
}
