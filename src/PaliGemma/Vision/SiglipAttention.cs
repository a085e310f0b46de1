using PaliGemma.Configuration;
using PaliGemma.Kernels;
using PaliGemma.Layers;

namespace PaliGemma.Vision;

/// <summary>Full (unmasked) multi-head attention of the image tower, scale 1/sqrt(head size).</summary>
internal sealed class SiglipAttention
{
    private readonly AttentionShape _shape;
    private readonly Linear _query;
    private readonly Linear _key;
    private readonly Linear _value;
    private readonly Linear _output;
    private readonly VisibleRange[] _everything;

    public SiglipAttention(SiglipVisionConfig config, WeightLoader weights, string prefix)
    {
        int size = config.HiddenSize;
        _query = weights.Linear(prefix + ".q_proj", size, size, bias: true);
        _key = weights.Linear(prefix + ".k_proj", size, size, bias: true);
        _value = weights.Linear(prefix + ".v_proj", size, size, bias: true);
        _output = weights.Linear(prefix + ".out_proj", size, size, bias: true);
        _shape = new AttentionShape(config.HeadCount, config.HeadCount, config.HeadSize, 1 / MathF.Sqrt(config.HeadSize), SoftCap: 0);
        _everything = new VisibleRange[config.PatchCount];
        Array.Fill(_everything, new VisibleRange(0, config.PatchCount));
    }

    /// <summary>Replaces <c>Normed</c> by the attention's output.</summary>
    public void Forward(SiglipWorkspace work, WorkerPool pool)
    {
        int patches = _everything.Length;
        _query.Forward(work.Normed, patches, work.Queries, pool);
        _key.Forward(work.Normed, patches, work.Keys, pool);
        _value.Forward(work.Normed, patches, work.Values, pool);
        Attention.Apply(_shape, work.Queries, work.Keys, work.Values, _everything, work.Attended, pool);
        _output.Forward(work.Attended, patches, work.Normed, pool);
    }
}
