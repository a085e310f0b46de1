namespace PaliGemma.Configuration;

/// <summary>Sizes of the Gemma decoder; the defaults are the reference's (configuration_gemma.py, configuration_gemma2.py).</summary>
public sealed record GemmaConfig
{
    /// <summary>Gemma or Gemma 2.</summary>
    public GemmaVersion Version { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public int HiddenSize { get; init; }

    /// <summary>Width inside the MLP.</summary>
    public int IntermediateSize { get; init; }

    /// <summary>Decoder layers.</summary>
    public int LayerCount { get; init; }

    /// <summary>Query heads.</summary>
    public int HeadCount { get; init; }

    /// <summary>Key/value heads; each serves <see cref="HeadCount"/> / <see cref="KeyValueHeadCount"/> query heads.</summary>
    public int KeyValueHeadCount { get; init; }

    /// <summary>Width of one head; not tied to <see cref="HiddenSize"/>.</summary>
    public int HeadSize { get; init; } = 256;

    /// <summary>Rows of the embedding, some of them padding.</summary>
    public int VocabularySize { get; init; }

    /// <summary>Added to the mean square in norms.</summary>
    public float RmsNormEpsilon { get; init; } = 1e-6f;

    /// <summary>Base of the rotary frequencies.</summary>
    public float RopeTheta { get; init; } = 10000;

    /// <summary>Gemma 2: attention scores are divided by the square root of this; Gemma 1 has <see cref="HeadSize"/> here.</summary>
    public float QueryPreAttentionScalar { get; init; } = 256;

    /// <summary>Attention scores are squashed into ± this; 0 means not at all.</summary>
    public float AttentionSoftCap { get; init; }

    /// <summary>Logits are squashed into ± this; 0 means not at all.</summary>
    public float FinalSoftCap { get; init; }

    /// <summary>Gemma 2: tokens that the even layers see, where the window is applied.</summary>
    public int? SlidingWindow { get; init; }

    /// <summary>Longest sequence the decoder was made for.</summary>
    public int MaxPositions { get; init; } = 8192;

    /// <summary>What attention scores are multiplied by.</summary>
    public float QueryScale => 1 / MathF.Sqrt(QueryPreAttentionScalar);
}
