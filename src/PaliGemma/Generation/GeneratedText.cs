namespace PaliGemma.Generation;

/// <summary>Why generation ended.</summary>
public enum FinishReason
{
    /// <summary>The model said that the text is complete.</summary>
    Stop,

    /// <summary>The allowed number of tokens was reached.</summary>
    Length,
}

/// <summary>What the model answered.</summary>
/// <param name="Text">The text, without control tokens; location and segmentation tokens are spelled out.</param>
/// <param name="Tokens">Every token in order; the end token is the last one where <see cref="FinishReason"/> is <see cref="FinishReason.Stop"/>.</param>
/// <param name="FinishReason">Why generation ended.</param>
public sealed record GeneratedText(string Text, IReadOnlyList<GeneratedToken> Tokens, FinishReason FinishReason);
