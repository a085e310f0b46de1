namespace PaliGemma.Generation;

/// <summary>A token that the model chose.</summary>
/// <param name="Id">Its vocabulary entry.</param>
/// <param name="LogProbability">
/// Natural logarithm of its probability under the model, before temperature, top-k and top-p; among the allowed tokens where decoding is constrained.
/// </param>
public readonly record struct GeneratedToken(int Id, float LogProbability)
{
    /// <summary>
    /// Whether the model would rather have gone on in a way that the constraint allows, but for which the answer has no room left:
    /// <see cref="GenerationOptions.MaxNewTokens"/> decided, not the model.
    /// </summary>
    public bool IsForLackOfRoom { get; init; }
}
