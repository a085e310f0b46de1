using PaliGemma.Training.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace PaliGemma.Training.Language;

/// <summary>down(gelu(gate(x)) · up(x)), with the tanh approximation of GELU.</summary>
internal sealed class GemmaMlp(ParameterSet parameters, string prefix)
{
    private readonly Layers.Linear _gate = new(parameters, prefix + ".gate_proj", bias: false);
    private readonly Layers.Linear _up = new(parameters, prefix + ".up_proj", bias: false);
    private readonly Layers.Linear _down = new(parameters, prefix + ".down_proj", bias: false);

    public Tensor Forward(Tensor x)
    {
        x = parameters.ForProducts(x);
        return _down.Forward(_gate.Forward(x).gelu(GELU.Approximate.tanh).mul(_up.Forward(x)));
    }
}
