using static TorchSharp.torch;

namespace PaliGemma.Training.Layers;

/// <summary>(x - mean) / sqrt(variance + ε) · w + b, over the last dimension.</summary>
internal sealed class LayerNorm(ParameterSet parameters, string prefix, float epsilon)
{
    private readonly Parameter _weight = parameters[prefix + ".weight"];
    private readonly Parameter _bias = parameters[prefix + ".bias"];

    public Tensor Forward(Tensor x) => nn.functional.layer_norm(x, [_weight.Shape[0]], _weight.Read(x.device), _bias.Read(x.device), epsilon);
}
