namespace PaliGemma.Configuration;

/// <summary>The generation of the decoder.</summary>
public enum GemmaVersion
{
    /// <summary>Gemma (arXiv:2403.08295), the decoder of PaliGemma.</summary>
    Gemma1,

    /// <summary>Gemma 2 (arXiv:2408.00118), the decoder of PaliGemma 2.</summary>
    Gemma2,
}
