using PaliGemma.Configuration;
using PaliGemma.Layers;

namespace PaliGemma.Generation;

/// <summary>How a model is loaded.</summary>
public sealed record ModelOptions
{
    /// <summary>The largest value of <see cref="Threads"/>: more than any machine has processors, fewer than break one.</summary>
    public const int MostThreads = 1024;

    /// <summary>The largest value of <see cref="ImageSize"/>: four times the published checkpoints' tokens.</summary>
    public const int LargestImageSize = 1792;

    /// <summary>The precision of the weights in memory.</summary>
    public WeightFormat Format { get; init; }

    /// <summary>
    /// Whether a quantised <see cref="Format"/> is that of the table of embeddings too, which is also the head. It is a fifth of the bytes that each token
    /// reads; bitsandbytes leaves it in 16 bits, and so is the default.
    /// </summary>
    public bool QuantizeHead { get; init; }

    /// <summary>Threads that compute, at most <see cref="MostThreads"/>; 0 means one per processor.</summary>
    public int Threads { get; init; }

    /// <summary>
    /// Height and width of the pictures in pixels, if not the checkpoint's; 0 means the checkpoint's. The table of positions is interpolated for it, as the published
    /// training stages did before they went on training: without that, answers get worse.
    /// </summary>
    public int ImageSize { get; init; }

    /// <summary>
    /// PaliGemma 2: whether the even layers of the decoder see only the nearest <c>sliding_window</c> tokens. The reference implementations
    /// disagree; PaliGemma was trained without, and it matters beyond 4,096 tokens only.
    /// </summary>
    public bool SlidingWindow { get; init; }

    /// <summary>
    /// Bytes of encoded pictures that a pipeline keeps for further prompts about them: a picture takes 2, 8 or 32 MiB with PaliGemma 3B at
    /// 224, 448 or 896 pixels.
    /// </summary>
    public long ImageCacheBytes { get; init; } = 64L << 20;

    /// <summary>Is told of every tensor that has been loaded.</summary>
    public IProgress<LoadProgress>? Progress { get; init; }

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="ArgumentException">A value is out of its range for the model.</exception>
    public void Validate(PaliGemmaConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        int patch = config.Vision.PatchSize;
        if (ImageSize != 0 && (ImageSize < patch || ImageSize > LargestImageSize))
        {
            throw new ArgumentException($"The image size is {ImageSize}; expected {patch} to {LargestImageSize} pixels, or 0 for the checkpoint's own.");
        }
        ArgumentOutOfRangeException.ThrowIfNegative(Threads);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Threads, MostThreads);
    }
}
