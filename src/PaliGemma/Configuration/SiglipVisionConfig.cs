namespace PaliGemma.Configuration;

/// <summary>Sizes of the SigLIP image tower; the defaults are the reference's (configuration_siglip.py).</summary>
public sealed record SiglipVisionConfig
{
    /// <summary>Width of the residual stream.</summary>
    public int HiddenSize { get; init; } = 768;

    /// <summary>Width inside the MLP.</summary>
    public int IntermediateSize { get; init; } = 3072;

    /// <summary>Encoder layers.</summary>
    public int LayerCount { get; init; } = 12;

    /// <summary>Attention heads.</summary>
    public int HeadCount { get; init; } = 12;

    /// <summary>Side of a patch in pixels. Published PaliGemma checkpoints write 14; the reference's default is 16.</summary>
    public int PatchSize { get; init; } = 16;

    /// <summary>Side of the square picture in pixels.</summary>
    public int ImageSize { get; init; } = 224;

    /// <summary>Colour channels.</summary>
    public int ChannelCount { get; init; } = 3;

    /// <summary>Added to the variance in layer norms.</summary>
    public float LayerNormEpsilon { get; init; } = 1e-6f;

    /// <summary>Width of one head.</summary>
    public int HeadSize => HiddenSize / HeadCount;

    /// <summary>Patches of a picture, and so the image tokens it becomes.</summary>
    public int PatchCount => ImageSize / PatchSize * (ImageSize / PatchSize);
}
