using static TorchSharp.torch;

namespace PaliGemma.Training.Layers;

/// <summary>y = x · Wᵀ + b.</summary>
internal sealed class Linear(ParameterSet parameters, string prefix, bool bias)
{
    private readonly Parameter _weight = parameters[prefix + ".weight"]; // [output, input]
    private readonly Parameter? _bias = bias ? parameters[prefix + ".bias"] : null;

    /// <summary>Computes [..., output] from <paramref name="x"/> [..., input].</summary>
    public Tensor Forward(Tensor x) => nn.functional.linear(x, _weight.Value, _bias?.Value);
}
