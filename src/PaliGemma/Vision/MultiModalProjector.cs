using PaliGemma.Configuration;
using PaliGemma.Kernels;
using PaliGemma.Layers;

namespace PaliGemma.Vision;

/// <summary>
/// One linear layer from the image tower's width to the decoder's. Its output enters the decoder as it is: the reference divides it by
/// sqrt(hidden) only because its decoder multiplies every input by sqrt(hidden).
/// </summary>
internal sealed class MultiModalProjector(PaliGemmaConfig config, WeightLoader weights)
{
    private readonly Linear _linear =
        weights.Linear("multi_modal_projector.linear", config.ProjectionSize, config.Vision.HiddenSize, bias: true);

    /// <summary>Computes <paramref name="features"/> [patches, projection] from <paramref name="hidden"/> [patches, vision hidden].</summary>
    public void Forward(ReadOnlySpan<float> hidden, int patches, Span<float> features, WorkerPool pool) =>
        _linear.Forward(hidden, patches, features, pool);
}
