using PaliGemma.Checkpoints;
using PaliGemma.Configuration;

namespace PaliGemma.Tests.Checkpoints;

/// <summary>
/// Converts a golden model to big_vision's layout, index by index: the arrays' axes are spelled out here as big_vision's einsums name them (L layers, D width,
/// N heads, K key/value heads, H head size, F MLP width).
/// </summary>
internal sealed class BigVisionCheckpoint
{
    private readonly Checkpoint _source;
    private readonly NpzWriter _writer;
    private readonly string _prefix;
    private readonly string _type;
    private readonly int _size;

    private BigVisionCheckpoint(Checkpoint source, NpzWriter writer, string prefix)
    {
        _source = source;
        _writer = writer;
        _prefix = prefix;
        source.TryGet("language_model.model.norm.weight", out StoredTensor tensor);
        _size = ElementConversion.Size(tensor.Type);
        _type = tensor.Type switch
        {
            ElementType.Float32 => "<f4",
            ElementType.BFloat16 => "|V2",
            _ => "<f2",
        };
    }

    /// <summary>The archive of a golden model's weights, with the first <paramref name="vocabulary"/> rows of its embedding.</summary>
    public static byte[] Create(string model, int vocabulary, NpzWriter writer, string prefix = "")
    {
        string folder = Goldens.Path("models", model);
        PaliGemmaConfig config = PaliGemmaConfig.Load(folder);
        using Checkpoint source = Checkpoint.Open(folder);
        BigVisionCheckpoint result = new(source, writer, prefix);
        result.AddVision(config);
        result.AddDecoder(config.Text, vocabulary);
        return writer.ToArray();
    }

    private void AddVision(PaliGemmaConfig config)
    {
        SiglipVisionConfig vision = config.Vision;
        (int size, int patch, int layers) = (vision.HiddenSize, vision.PatchSize, vision.LayerCount);
        (int heads, int head, int inner) = (vision.HeadCount, vision.HeadSize, vision.IntermediateSize);
        const string Tower = "vision_tower.vision_model.";
        const string Layer = Tower + "encoder.layers.{0}.";
        const string Block = "img/Transformer/encoderblock/";
        const string Attention = Block + "MultiHeadDotProductAttention_0/";
        Add(
            "img/embedding/kernel", [patch, patch, 3, size], Tower + "embeddings.patch_embedding.weight",
            i => (((((i[3] * 3) + i[2]) * patch) + i[0]) * patch) + i[1]);
        Add("img/embedding/bias", [size], Tower + "embeddings.patch_embedding.bias", i => i[0]);
        Add(
            "img/pos_embedding", [1, vision.PatchCount, size], Tower + "embeddings.position_embedding.weight", i => (i[1] * size) + i[2]);
        foreach ((string theirs, string ours) in new[] { ("query", "q_proj"), ("key", "k_proj"), ("value", "v_proj") })
        {
            AddStack(
                $"{Attention}{theirs}/kernel", [layers, size, heads, head], $"{Layer}self_attn.{ours}.weight",
                i => (((i[1] * head) + i[2]) * size) + i[0]);
            AddStack($"{Attention}{theirs}/bias", [layers, heads, head], $"{Layer}self_attn.{ours}.bias", i => (i[0] * head) + i[1]);
        }
        AddStack(
            Attention + "out/kernel", [layers, heads, head, size], Layer + "self_attn.out_proj.weight",
            i => (i[2] * size) + (i[0] * head) + i[1]);
        AddStack(Attention + "out/bias", [layers, size], Layer + "self_attn.out_proj.bias", i => i[0]);
        AddStack(Block + "MlpBlock_0/Dense_0/kernel", [layers, size, inner], Layer + "mlp.fc1.weight", i => (i[1] * size) + i[0]);
        AddStack(Block + "MlpBlock_0/Dense_0/bias", [layers, inner], Layer + "mlp.fc1.bias", i => i[0]);
        AddStack(Block + "MlpBlock_0/Dense_1/kernel", [layers, inner, size], Layer + "mlp.fc2.weight", i => (i[1] * inner) + i[0]);
        AddStack(Block + "MlpBlock_0/Dense_1/bias", [layers, size], Layer + "mlp.fc2.bias", i => i[0]);
        for (int norm = 0; norm < 2; norm++)
        {
            AddStack($"{Block}LayerNorm_{norm}/scale", [layers, size], $"{Layer}layer_norm{norm + 1}.weight", i => i[0]);
            AddStack($"{Block}LayerNorm_{norm}/bias", [layers, size], $"{Layer}layer_norm{norm + 1}.bias", i => i[0]);
        }
        Add("img/Transformer/encoder_norm/scale", [size], Tower + "post_layernorm.weight", i => i[0]);
        Add("img/Transformer/encoder_norm/bias", [size], Tower + "post_layernorm.bias", i => i[0]);
        Add("img/head/kernel", [size, config.ProjectionSize], "multi_modal_projector.linear.weight", i => (i[1] * size) + i[0]);
        Add("img/head/bias", [config.ProjectionSize], "multi_modal_projector.linear.bias", i => i[0]);
    }

    private void AddDecoder(GemmaConfig text, int vocabulary)
    {
        (int size, int head, int inner, int layers) = (text.HiddenSize, text.HeadSize, text.IntermediateSize, text.LayerCount);
        (int heads, int keys) = (text.HeadCount, text.KeyValueHeadCount);
        const string Model = "language_model.model.";
        const string Layer = Model + "layers.{0}.";
        const string Layers = "llm/layers/";
        Add("llm/embedder/input_embedding", [vocabulary, size], Model + "embed_tokens.weight", i => (i[0] * size) + i[1]);
        Add("llm/final_norm/scale", [size], Model + "norm.weight", i => i[0]);
        AddStack(Layers + "pre_attention_norm/scale", [layers, size], Layer + "input_layernorm.weight", i => i[0]);
        AddStack(Layers + "pre_ffw_norm/scale", [layers, size], Layer + "post_attention_layernorm.weight", i => i[0]);
        // "BTD,NDH->BTNH", "BSD,2KDH->2BSKH", "BTNH,NHD->BTD".
        AddStack(
            Layers + "attn/q_einsum/w", [layers, heads, size, head], Layer + "self_attn.q_proj.weight",
            i => (((i[0] * head) + i[2]) * size) + i[1]);
        AddPairs(
            Layers + "attn/kv_einsum/w", [layers, 2, keys, size, head],
            [Layer + "self_attn.k_proj.weight", Layer + "self_attn.v_proj.weight"], i => (((i[0] * head) + i[2]) * size) + i[1]);
        AddStack(
            Layers + "attn/attn_vec_einsum/w", [layers, heads, head, size], Layer + "self_attn.o_proj.weight",
            i => (i[2] * heads * head) + (i[0] * head) + i[1]);
        AddPairs(
            Layers + "mlp/gating_einsum", [layers, 2, size, inner], [Layer + "mlp.gate_proj.weight", Layer + "mlp.up_proj.weight"],
            i => (i[1] * size) + i[0]);
        AddStack(Layers + "mlp/linear", [layers, inner, size], Layer + "mlp.down_proj.weight", i => (i[1] * inner) + i[0]);
    }

    private void Add(string array, int[] shape, string tensor, Func<int[], int> place) => Add(array, shape, 0, _ => tensor, place);

    private void AddStack(string array, int[] shape, string tensor, Func<int[], int> place) =>
        Add(array, shape, 1, i => string.Format(null, tensor, i[0]), place);

    private void AddPairs(string array, int[] shape, string[] tensors, Func<int[], int> place) =>
        Add(array, shape, 2, i => string.Format(null, tensors[i[1]], i[0]), place);

    /// <summary>Writes an array whose first <paramref name="stacked"/> axes choose the tensor, and whose others the place in it.</summary>
    private void Add(string array, int[] shape, int stacked, Func<int[], string> tensor, Func<int[], int> place)
    {
        int count = shape.Aggregate((product, extent) => product * extent);
        byte[] data = new byte[count * _size];
        int[] index = new int[shape.Length];
        for (int element = 0; element < count; element++)
        {
            int rest = element;
            for (int axis = shape.Length - 1; axis >= 0; axis--)
            {
                index[axis] = rest % shape[axis];
                rest /= shape[axis];
            }
            Assert.True(_source.TryGet(tensor(index), out StoredTensor source));
            source.Data.Span<byte>((long)place(index[stacked..]) * _size, _size).CopyTo(data.AsSpan(element * _size));
        }
        _writer.Add(_prefix + array, _type, shape.Select(extent => (long)extent), data);
    }
}
