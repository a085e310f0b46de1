using PaliGemma.Configuration;
using PaliGemma.Kernels;
using PaliGemma.Layers;

namespace PaliGemma.Vision;

/// <summary>
/// Cuts the picture into patches, row by row, projects each to the hidden size (a convolution whose stride is its kernel, hence one matrix
/// product) and adds the learned position embedding. There is no class token.
/// </summary>
internal sealed class SiglipPatchEmbedding
{
    private readonly SiglipVisionConfig _config;
    private readonly Linear _projection;
    private readonly float[] _positions; // [patches, hidden]

    /// <param name="config">Sizes.</param>
    /// <param name="storedImageSize">The picture size that the checkpoint's positions are for.</param>
    /// <param name="weights">The checkpoint.</param>
    /// <param name="prefix">The name that the tensors begin with.</param>
    public SiglipPatchEmbedding(SiglipVisionConfig config, int storedImageSize, WeightLoader weights, string prefix)
    {
        _config = config;
        int patchLength = config.ChannelCount * config.PatchSize * config.PatchSize;
        _projection = new Linear(
            weights.Matrix(
                prefix + ".patch_embedding.weight", config.HiddenSize, patchLength,
                config.HiddenSize, config.ChannelCount, config.PatchSize, config.PatchSize),
            weights.Vector(prefix + ".patch_embedding.bias", config.HiddenSize));
        int storedSide = storedImageSize / config.PatchSize;
        _positions = PositionTable.Resample(
            weights.Vector(prefix + ".position_embedding.weight", storedSide * storedSide, config.HiddenSize),
            storedSide,
            config.ImageSize / config.PatchSize,
            config.HiddenSize);
    }

    /// <summary>Computes <paramref name="hidden"/> [patches, hidden] from <paramref name="pixels"/> [channels, size, size].</summary>
    public void Forward(ReadOnlySpan<float> pixels, Span<float> hidden, WorkerPool pool)
    {
        float[] patches = GC.AllocateUninitializedArray<float>(_config.PatchCount * _projection.InputSize);
        Unfold(pixels, patches);
        _projection.Forward(patches, _config.PatchCount, hidden, pool);
        Residual.Add(hidden, _positions, pool);
    }

    /// <summary>Copies each patch to a row ordered as the convolution's weight is: channel, then row, then column.</summary>
    private void Unfold(ReadOnlySpan<float> pixels, Span<float> patches)
    {
        int size = _config.ImageSize;
        int patch = _config.PatchSize;
        int perSide = size / patch;
        for (int row = 0; row < perSide; row++)
        {
            for (int column = 0; column < perSide; column++)
            {
                for (int channel = 0; channel < _config.ChannelCount; channel++)
                {
                    for (int y = 0; y < patch; y++)
                    {
                        int source = (((channel * size) + (row * patch) + y) * size) + (column * patch);
                        pixels.Slice(source, patch).CopyTo(patches);
                        patches = patches[patch..];
                    }
                }
            }
        }
    }
}
