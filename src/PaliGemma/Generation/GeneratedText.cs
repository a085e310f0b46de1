namespace PaliGemma.Generation;

/// <summary>Why generation ended.</summary>
public enum FinishReason
{
    /// <summary>The model said that the text is complete.</summary>
    Stop,

    /// <summary>
    /// The allowed number of tokens was reached; or, under a constraint, they would not have sufficed for what the model would rather have
    /// said, so that it ended before.
    /// </summary>
    Length,
}

/// <summary>What the model answered.</summary>
/// <param name="Text">The text, without control tokens; location and segmentation tokens are spelled out.</param>
/// <param name="Tokens">
/// Every token in order; the end token is the last one where <see cref="FinishReason"/> is <see cref="FinishReason.Stop"/>, and always under
/// a constraint.
/// </param>
/// <param name="FinishReason">Why generation ended.</param>
public sealed record GeneratedText(string Text, IReadOnlyList<GeneratedToken> Tokens, FinishReason FinishReason)
{
    /// <summary>Why an answer with these tokens ended.</summary>
    internal static FinishReason ReasonOf(IReadOnlyList<GeneratedToken> tokens, int endToken) =>
        tokens.Count > 0 && tokens[^1].Id == endToken && !tokens.Any(token => token.IsForLackOfRoom) ? FinishReason.Stop : FinishReason.Length;
}
