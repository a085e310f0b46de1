using PaliGemma.Configuration;
using PaliGemma.Training.Layers;
using static TorchSharp.torch;

namespace PaliGemma.Training.Language;

/// <summary>
/// One decoder layer. Gemma 1: x += attention(norm(x)); x += mlp(norm(x)). Gemma 2 also normalises what each sublayer adds:
/// x += norm(attention(norm(x))); x += norm(mlp(norm(x))).
/// </summary>
internal sealed class GemmaDecoderLayer
{
    private readonly int _layer;
    private readonly GemmaAttention _attention;
    private readonly GemmaMlp _mlp;
    private readonly RmsNorm _preAttentionNorm;
    private readonly RmsNorm? _postAttentionNorm;
    private readonly RmsNorm _preMlpNorm;
    private readonly RmsNorm? _postMlpNorm;

    public GemmaDecoderLayer(GemmaConfig config, int layer, RotaryEmbedding rotary, ParameterSet parameters, string prefix)
    {
        _layer = layer;
        _attention = new GemmaAttention(config, rotary, parameters, prefix + ".self_attn");
        _mlp = new GemmaMlp(parameters, prefix + ".mlp");
        _preAttentionNorm = Norm("input_layernorm");
        if (config.Version == GemmaVersion.Gemma2)
        {
            _postAttentionNorm = Norm("post_attention_layernorm");
            _preMlpNorm = Norm("pre_feedforward_layernorm");
            _postMlpNorm = Norm("post_feedforward_layernorm");
        }
        else
        {
            // In Gemma 1 this name means the norm before the MLP.
            _preMlpNorm = Norm("post_attention_layernorm");
        }

        RmsNorm Norm(string name) => new(parameters, $"{prefix}.{name}", config.RmsNormEpsilon);
    }

    /// <summary>Advances <paramref name="x"/> [batch, tokens, hidden] by one layer.</summary>
    /// <param name="x">The residual stream.</param>
    /// <param name="angles">Of all tokens.</param>
    /// <param name="visible">Whether a query (third dimension) sees a key (fourth) [batch, 1, tokens, tokens].</param>
    /// <param name="dropout">Of what the sublayers add.</param>
    /// <param name="rows">The tokens, counted through the batch, that are all of the result [rows, hidden]; null for the whole.</param>
    public Tensor Forward(Tensor x, RotaryAngles angles, Tensor visible, Dropout dropout, Tensor? rows)
    {
        using var scope = NewDisposeScope();
        Tensor attended = _attention.Forward(_preAttentionNorm.Forward(x), angles, visible, rows);
        x = rows is null ? x : x.flatten(0, 1).index_select(0, rows);
        x = x.add(dropout.Apply(_postAttentionNorm?.Forward(attended) ?? attended, 2 * _layer), Constants.One);
        Tensor transformed = _mlp.Forward(_preMlpNorm.Forward(x));
        x = x.add(dropout.Apply(_postMlpNorm?.Forward(transformed) ?? transformed, (2 * _layer) + 1), Constants.One);
        return x.MoveToOuterDisposeScope();
    }
}
