using PaliGemma.Configuration;
using PaliGemma.Training.Layers;
using static TorchSharp.torch;

namespace PaliGemma.Training.Vision;

/// <summary>Cuts pictures into patches, projects each (a convolution whose stride is its kernel) and adds the learned position embedding.</summary>
internal sealed class SiglipPatchEmbedding(SiglipVisionConfig config, ParameterSet parameters, string prefix)
{
    private readonly Parameter _weight = parameters[prefix + ".patch_embedding.weight"]; // [hidden, channels, patch, patch]
    private readonly Parameter _bias = parameters[prefix + ".patch_embedding.bias"];
    private readonly Parameter _positions = parameters[prefix + ".position_embedding.weight"]; // [patches, hidden]

    /// <summary>[pictures, patches, hidden] of <paramref name="pixels"/> [pictures, channels, size, size].</summary>
    public Tensor Forward(Tensor pixels)
    {
        long side = config.ImageSize / config.PatchSize;
        // What is left beyond the last whole patch is not looked at, as in a convolution.
        Tensor whole = pixels.narrow(2, 0, side * config.PatchSize).narrow(3, 0, side * config.PatchSize);
        Tensor patches = whole.reshape(-1, config.ChannelCount, side, config.PatchSize, side, config.PatchSize)
            .permute(0, 2, 4, 1, 3, 5).reshape(-1, config.PatchCount, config.ChannelCount * config.PatchSize * config.PatchSize);
        ScalarType type = parameters.ProductType;
        Tensor projected = nn.functional.linear(
            parameters.ForProducts(patches), _weight.Read(pixels.device, type).view(config.HiddenSize, -1), _bias.Read(pixels.device, type));
        return projected.add(_positions.Read(pixels.device), Constants.One);
    }
}
