using PaliGemma.Configuration;
using PaliGemma.Training.Layers;
using static TorchSharp.torch;

namespace PaliGemma.Training.Vision;

/// <summary>The SigLIP image encoder (arXiv:2303.15343) without its pooling head: PaliGemma uses every patch's last hidden state.</summary>
internal sealed class SiglipVisionModel
{
    private readonly SiglipPatchEmbedding _embeddings;
    private readonly SiglipEncoderLayer[] _layers;
    private readonly LayerNorm _postNorm;

    public SiglipVisionModel(SiglipVisionConfig config, ParameterSet parameters)
    {
        const string Prefix = "vision_tower.vision_model";
        _embeddings = new SiglipPatchEmbedding(config, parameters, Prefix + ".embeddings");
        _layers = [.. Enumerable.Range(0, config.LayerCount).Select(i => new SiglipEncoderLayer(config, parameters, $"{Prefix}.encoder.layers.{i}"))];
        _postNorm = new LayerNorm(parameters, Prefix + ".post_layernorm", config.LayerNormEpsilon);
    }

    /// <summary>[pictures, patches, hidden] of <paramref name="pixels"/> [pictures, channels, size, size].</summary>
    /// <param name="pixels">-1 … 1.</param>
    /// <param name="checkpoints">If set, keeps only what goes from layer to layer.</param>
    public Tensor Forward(Tensor pixels, ActivationCheckpoints? checkpoints)
    {
        Tensor x = _embeddings.Forward(pixels);
        foreach (SiglipEncoderLayer layer in _layers)
        {
            x = checkpoints is null ? layer.Forward(x) : checkpoints.Run(layer.Forward, x);
        }
        return _postNorm.Forward(x);
    }
}
