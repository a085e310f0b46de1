using PaliGemma.Configuration;
using PaliGemma.Kernels;
using PaliGemma.Layers;

namespace PaliGemma.Vision;

/// <summary>fc2(gelu(fc1(x))), with the tanh approximation of GELU.</summary>
internal sealed class SiglipMlp(SiglipVisionConfig config, WeightLoader weights, string prefix)
{
    private readonly Linear _expand = weights.Linear(prefix + ".fc1", config.IntermediateSize, config.HiddenSize, bias: true);
    private readonly Linear _contract = weights.Linear(prefix + ".fc2", config.HiddenSize, config.IntermediateSize, bias: true);

    /// <summary>Replaces <c>Normed</c> by the MLP's output.</summary>
    public void Forward(SiglipWorkspace work, WorkerPool pool)
    {
        int patches = work.Normed.Length / _expand.InputSize;
        _expand.Forward(work.Normed, patches, work.Intermediate, pool);
        Gelu.Tanh(work.Intermediate, pool);
        _contract.Forward(work.Intermediate, patches, work.Normed, pool);
    }
}
