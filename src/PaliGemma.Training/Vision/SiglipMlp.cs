using PaliGemma.Training.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace PaliGemma.Training.Vision;

/// <summary>fc2(gelu(fc1(x))), with the tanh approximation of GELU.</summary>
internal sealed class SiglipMlp(ParameterSet parameters, string prefix)
{
    private readonly Layers.Linear _expand = new(parameters, prefix + ".fc1", bias: true);
    private readonly Layers.Linear _contract = new(parameters, prefix + ".fc2", bias: true);

    public Tensor Forward(Tensor x) => _contract.Forward(_expand.Forward(x).gelu(GELU.Approximate.tanh));
}
