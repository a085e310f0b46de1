using PaliGemma.Configuration;
using PaliGemma.Training.Layers;
using static TorchSharp.torch;

namespace PaliGemma.Training.Vision;

/// <summary>One pre-norm transformer layer: x += attention(LN1(x)); x += mlp(LN2(x)).</summary>
internal sealed class SiglipEncoderLayer(SiglipVisionConfig config, ParameterSet parameters, string prefix)
{
    private readonly LayerNorm _norm1 = new(parameters, prefix + ".layer_norm1", config.LayerNormEpsilon);
    private readonly LayerNorm _norm2 = new(parameters, prefix + ".layer_norm2", config.LayerNormEpsilon);
    private readonly SiglipAttention _attention = new(config, parameters, prefix + ".self_attn");
    private readonly SiglipMlp _mlp = new(parameters, prefix + ".mlp");

    public Tensor Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        x = x.add(_attention.Forward(_norm1.Forward(x)), Constants.One);
        x = x.add(_mlp.Forward(_norm2.Forward(x)), Constants.One);
        return x.MoveToOuterDisposeScope();
    }
}
