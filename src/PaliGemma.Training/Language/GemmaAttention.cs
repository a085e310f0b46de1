using PaliGemma.Configuration;
using PaliGemma.Training.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace PaliGemma.Training.Language;

/// <summary>Grouped-query attention with rotary positions under a mask.</summary>
internal sealed class GemmaAttention(GemmaConfig config, RotaryEmbedding rotary, ParameterSet parameters, string prefix)
{
    private static readonly Scalar Hidden = float.NegativeInfinity.ToScalar();

    private readonly Linear _query = new(parameters, prefix + ".q_proj", bias: false);
    private readonly Linear _key = new(parameters, prefix + ".k_proj", bias: false);
    private readonly Linear _value = new(parameters, prefix + ".v_proj", bias: false);
    private readonly Linear _output = new(parameters, prefix + ".o_proj", bias: false);

    // The fused kernel divides by the root of the head size itself.
    private readonly Scalar _fusedScale = (config.QueryScale * MathF.Sqrt(config.HeadSize)).ToScalar();
    private readonly Scalar _scale = config.QueryScale.ToScalar();
    private readonly Scalar _cap = config.AttentionSoftCap.ToScalar();

    /// <summary>[batch, tokens, hidden] of the same, or [rows, hidden].</summary>
    /// <param name="x">The normalised residual stream.</param>
    /// <param name="angles">Of all tokens.</param>
    /// <param name="visible">Whether a query (third dimension) sees a key (fourth) [batch, 1, tokens, tokens].</param>
    /// <param name="rows">The tokens, counted through the batch, whose output is needed; null for all.</param>
    public Tensor Forward(Tensor x, RotaryAngles angles, Tensor visible, Tensor? rows)
    {
        x = parameters.ForProducts(x);
        // Rotation gives float32 whatever it is given.
        Tensor queries = rotary.Rotate(Heads(_query.Forward(x), config.HeadCount), angles);
        Tensor keys = Shared(rotary.Rotate(Heads(_key.Forward(x), config.KeyValueHeadCount), angles));
        Tensor values = Shared(Heads(_value.Forward(x).to(ScalarType.Float32), config.KeyValueHeadCount));
        Tensor attended = config.AttentionSoftCap == 0
            ? nn.functional.scaled_dot_product_attention(queries.mul(_fusedScale), keys, values, visible)
            : Capped(queries, keys, values, visible);
        Tensor joined = attended.transpose(1, 2).reshape(x.shape[0], x.shape[1], config.HeadCount * config.HeadSize);
        return _output.Forward(rows is null ? joined : joined.flatten(0, 1).index_select(0, rows));
    }

    private Tensor Capped(Tensor queries, Tensor keys, Tensor values, Tensor visible)
    {
        Tensor scores = queries.mul(_scale).matmul(keys.transpose(-2, -1));
        Tensor capped = scores.div(_cap).tanh().mul(_cap).masked_fill(visible.logical_not(), Hidden);
        return capped.softmax(-1).matmul(values);
    }

    /// <summary>[batch, tokens, heads · head size] to [batch, heads, tokens, head size].</summary>
    private Tensor Heads(Tensor x, int heads) => x.view(x.shape[0], x.shape[1], heads, config.HeadSize).transpose(1, 2);

    /// <summary>Repeats each key/value head for the query heads that it serves.</summary>
    private Tensor Shared(Tensor x)
    {
        int group = config.HeadCount / config.KeyValueHeadCount;
        return group == 1
            ? x
            : x.unsqueeze(2).expand(x.shape[0], x.shape[1], group, x.shape[2], x.shape[3]).reshape(x.shape[0], config.HeadCount, x.shape[2], x.shape[3]);
    }
}
