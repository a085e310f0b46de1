using PaliGemma.Configuration;
using PaliGemma.Kernels;
using PaliGemma.Layers;

namespace PaliGemma.Vision;

/// <summary>One pre-norm transformer layer: x += attention(LN1(x)); x += mlp(LN2(x)).</summary>
internal sealed class SiglipEncoderLayer
{
    private readonly float _epsilon;
    private readonly float[] _norm1Weight;
    private readonly float[] _norm1Bias;
    private readonly float[] _norm2Weight;
    private readonly float[] _norm2Bias;
    private readonly SiglipAttention _attention;
    private readonly SiglipMlp _mlp;

    public SiglipEncoderLayer(SiglipVisionConfig config, WeightLoader weights, string prefix)
    {
        _epsilon = config.LayerNormEpsilon;
        _norm1Weight = weights.Vector(prefix + ".layer_norm1.weight", config.HiddenSize);
        _norm1Bias = weights.Vector(prefix + ".layer_norm1.bias", config.HiddenSize);
        _norm2Weight = weights.Vector(prefix + ".layer_norm2.weight", config.HiddenSize);
        _norm2Bias = weights.Vector(prefix + ".layer_norm2.bias", config.HiddenSize);
        _attention = new SiglipAttention(config, weights, prefix + ".self_attn");
        _mlp = new SiglipMlp(config, weights, prefix + ".mlp");
    }

    /// <summary>Advances <c>Hidden</c> by one layer.</summary>
    public void Forward(SiglipWorkspace work, WorkerPool pool)
    {
        LayerNorm.Apply(work.Hidden, _norm1Weight, _norm1Bias, _epsilon, work.Normed, pool);
        _attention.Forward(work, pool);
        Residual.Add(work.Hidden, work.Normed, pool);

        LayerNorm.Apply(work.Hidden, _norm2Weight, _norm2Bias, _epsilon, work.Normed, pool);
        _mlp.Forward(work, pool);
        Residual.Add(work.Hidden, work.Normed, pool);
    }
}
