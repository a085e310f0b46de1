using PaliGemma.Configuration;
using PaliGemma.Kernels;
using PaliGemma.Layers;

namespace PaliGemma.Vision;

/// <summary>The SigLIP image encoder (arXiv:2303.15343) without its pooling head: PaliGemma uses every patch's last hidden state.</summary>
internal sealed class SiglipVisionModel
{
    private readonly SiglipVisionConfig _config;
    private readonly SiglipPatchEmbedding _embeddings;
    private readonly SiglipEncoderLayer[] _layers;
    private readonly float[] _postNormWeight;
    private readonly float[] _postNormBias;

    public SiglipVisionModel(SiglipVisionConfig config, int storedImageSize, WeightLoader weights)
    {
        const string Prefix = "vision_tower.vision_model";
        _config = config;
        _embeddings = new SiglipPatchEmbedding(config, storedImageSize, weights, Prefix + ".embeddings");
        _layers = new SiglipEncoderLayer[config.LayerCount];
        for (int i = 0; i < _layers.Length; i++)
        {
            _layers[i] = new SiglipEncoderLayer(config, weights, $"{Prefix}.encoder.layers.{i}");
        }
        _postNormWeight = weights.Vector(Prefix + ".post_layernorm.weight", config.HiddenSize);
        _postNormBias = weights.Vector(Prefix + ".post_layernorm.bias", config.HiddenSize);
    }

    /// <summary>Encodes <paramref name="pixels"/> [channels, size, size]; the result is <c>work.Normed</c> [patches, hidden].</summary>
    public void Forward(
        ReadOnlySpan<float> pixels, SiglipWorkspace work, WorkerPool pool, ActivationProbe? probe, CancellationToken cancellation)
    {
        _embeddings.Forward(pixels, work.Hidden, pool);
        probe?.Invoke("vision.hidden.0", work.Hidden);
        for (int i = 0; i < _layers.Length; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            _layers[i].Forward(work, pool);
            probe?.Invoke($"vision.hidden.{i + 1}", work.Hidden);
        }
        LayerNorm.Apply(work.Hidden, _postNormWeight, _postNormBias, _config.LayerNormEpsilon, work.Normed, pool);
        probe?.Invoke("vision.last_hidden_state", work.Normed);
    }
}
