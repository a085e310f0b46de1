namespace PaliGemma.Configuration;

/// <summary>
/// The sizes of the published models, by name: <c>3b</c> is PaliGemma (arXiv:2407.07726), <c>3b2</c> PaliGemma 2 (arXiv:2412.03555).
/// </summary>
public static class PaliGemmaPresets
{
    private const int VocabularySize = 257216;
    private const int ImageTokenId = 257152;

    private static readonly Dictionary<string, PaliGemmaConfig> Presets = new(StringComparer.Ordinal)
    {
        ["3b-224"] = Create(224, Gemma2B),
        ["3b-448"] = Create(448, Gemma2B),
        ["3b-896"] = Create(896, Gemma2B),
        ["3b2-224"] = Create(224, Gemma2Of2B),
        ["3b2-448"] = Create(448, Gemma2Of2B),
        ["3b2-896"] = Create(896, Gemma2Of2B),
    };

    /// <summary>The names.</summary>
    public static IReadOnlyCollection<string> Names => Presets.Keys;

    private static GemmaConfig Gemma2B => new()
    {
        Version = GemmaVersion.Gemma1,
        HiddenSize = 2048,
        IntermediateSize = 16384,
        LayerCount = 18,
        HeadCount = 8,
        KeyValueHeadCount = 1,
        VocabularySize = VocabularySize,
    };

    private static GemmaConfig Gemma2Of2B => new()
    {
        Version = GemmaVersion.Gemma2,
        HiddenSize = 2304,
        IntermediateSize = 9216,
        LayerCount = 26,
        HeadCount = 8,
        KeyValueHeadCount = 4,
        VocabularySize = VocabularySize,
        AttentionSoftCap = 50,
        FinalSoftCap = 30,
        SlidingWindow = 4096,
    };

    /// <summary>Finds a model's sizes.</summary>
    public static bool TryGet(string name, out PaliGemmaConfig config) => Presets.TryGetValue(name, out config!);

    private static PaliGemmaConfig Create(int imageSize, GemmaConfig decoder) => new()
    {
        // SigLIP-So400m, patches of 14 pixels.
        Vision = new SiglipVisionConfig
        {
            HiddenSize = 1152,
            IntermediateSize = 4304,
            LayerCount = 27,
            HeadCount = 16,
            PatchSize = 14,
            ImageSize = imageSize,
        },
        Text = decoder,
        ImageTokenId = ImageTokenId,
        ProjectionSize = decoder.HiddenSize,
    };
}
