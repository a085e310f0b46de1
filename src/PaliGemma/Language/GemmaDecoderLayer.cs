using PaliGemma.Configuration;
using PaliGemma.Kernels;
using PaliGemma.Layers;

namespace PaliGemma.Language;

/// <summary>
/// One decoder layer. Gemma 1: x += attention(norm(x)); x += mlp(norm(x)). Gemma 2 also normalises what each sublayer adds:
/// x += norm(attention(norm(x))); x += norm(mlp(norm(x))).
/// </summary>
internal sealed class GemmaDecoderLayer
{
    private readonly float _epsilon;
    private readonly int _hiddenSize;
    private readonly GemmaAttention _attention;
    private readonly GemmaMlp _mlp;
    private readonly float[] _preAttentionNorm;
    private readonly float[]? _postAttentionNorm;
    private readonly float[] _preMlpNorm;
    private readonly float[]? _postMlpNorm;

    public GemmaDecoderLayer(GemmaConfig config, int layer, int? window, RotaryEmbedding rotary, WeightLoader weights, string prefix)
    {
        _epsilon = config.RmsNormEpsilon;
        _hiddenSize = config.HiddenSize;
        _attention = new GemmaAttention(config, layer, window, rotary, weights, prefix + ".self_attn");
        _mlp = new GemmaMlp(config, weights, prefix + ".mlp");
        _preAttentionNorm = weights.Vector(prefix + ".input_layernorm.weight", _hiddenSize);
        if (config.Version == GemmaVersion.Gemma2)
        {
            _postAttentionNorm = weights.Vector(prefix + ".post_attention_layernorm.weight", _hiddenSize);
            _preMlpNorm = weights.Vector(prefix + ".pre_feedforward_layernorm.weight", _hiddenSize);
            _postMlpNorm = weights.Vector(prefix + ".post_feedforward_layernorm.weight", _hiddenSize);
        }
        else
        {
            // In Gemma 1 this name means the norm before the MLP.
            _preMlpNorm = weights.Vector(prefix + ".post_attention_layernorm.weight", _hiddenSize);
        }
    }

    /// <summary>What one pass multiplies by.</summary>
    public IEnumerable<WeightMatrix> Weights => _attention.Weights.Concat(_mlp.Weights);

    /// <summary>Advances <c>Hidden</c> by one layer.</summary>
    /// <param name="batch">The rows of <c>Hidden</c>.</param>
    /// <param name="output">The rows wanted: <paramref name="batch"/>, or its last rows, which then move to the front.</param>
    /// <param name="work">Scratch memory.</param>
    /// <param name="pool">The threads that share the work.</param>
    public void Forward(DecoderBatch batch, DecoderBatch output, GemmaWorkspace work, WorkerPool pool)
    {
        Normalize(work.Hidden, _preAttentionNorm, work.Normed, batch.Rows, pool);
        _attention.WriteCache(batch, work, pool);
        if (output.Rows != batch.Rows)
        {
            batch.GatherLastRows(work.Hidden, _hiddenSize);
            batch.GatherLastRows(work.Normed, _hiddenSize);
        }
        _attention.Forward(output, work, pool);
        AddNormed(_postAttentionNorm, work, output.Rows, pool);

        Normalize(work.Hidden, _preMlpNorm, work.Normed, output.Rows, pool);
        _mlp.Forward(output.Rows, work, pool);
        AddNormed(_postMlpNorm, work, output.Rows, pool);
    }

    private void Normalize(float[] x, float[] weight, float[] y, int rows, WorkerPool pool) =>
        RmsNorm.Apply(x.AsSpan(0, rows * _hiddenSize), weight, _epsilon, y.AsSpan(0, rows * _hiddenSize), pool);

    private void AddNormed(float[]? norm, GemmaWorkspace work, int rows, WorkerPool pool)
    {
        if (norm is not null)
        {
            Normalize(work.Normed, norm, work.Normed, rows, pool);
        }
        Residual.Add(work.Hidden.AsSpan(0, rows * _hiddenSize), work.Normed.AsSpan(0, rows * _hiddenSize), pool);
    }
}
