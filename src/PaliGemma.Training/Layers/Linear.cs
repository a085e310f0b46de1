using PaliGemma.Training.Adapters;
using static TorchSharp.torch;

namespace PaliGemma.Training.Layers;

/// <summary>y = x · Wᵀ + b, and what the layer's adapter adds.</summary>
internal sealed class Linear(ParameterSet parameters, string prefix, bool bias)
{
    private readonly Parameter _weight = parameters[prefix + ".weight"]; // [output, input]
    private readonly Parameter? _bias = bias ? parameters[prefix + ".bias"] : null;

    /// <summary>Computes [..., output], in the type of products, from <paramref name="x"/> [..., input] in that type or float32.</summary>
    public Tensor Forward(Tensor x)
    {
        ScalarType type = parameters.ProductType;
        Tensor y = nn.functional.linear(
            parameters.ForProducts(x), _weight.Read(parameters.Device, type), _bias?.Read(parameters.Device, type));
        return parameters.Adapters.TryGetValue(prefix, out LoraAdapter? adapter) ? y.add(adapter.Forward(x), Constants.One) : y;
    }
}
