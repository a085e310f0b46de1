namespace PaliGemma.Generation;

/// <summary>How tokens are chosen and when to stop. The default is greedy, as the reference evaluates almost every task.</summary>
public sealed record GenerationOptions
{
    /// <summary>Most tokens to generate, the end token included; at least 1.</summary>
    public int MaxNewTokens { get; init; } = 256;

    /// <summary>0 takes the most probable token; above it, logits are divided by it and a token is drawn.</summary>
    public float Temperature { get; init; }

    /// <summary>Draws from this many most probable tokens only; 0 means all.</summary>
    public int TopK { get; init; }

    /// <summary>Draws from the fewest most probable tokens whose probabilities reach this sum, in (0, 1].</summary>
    public float TopP { get; init; } = 1;

    /// <summary>Start of the random sequence; null takes another one each time.</summary>
    public ulong? Seed { get; init; }

    /// <summary>Hypotheses that beam search keeps; 1 is no beam search.</summary>
    public int BeamCount { get; init; } = 1;

    /// <summary>
    /// The grammar that answers are held to; null for none. Probabilities are then those among the tokens that it allows.
    /// </summary>
    public TokenConstraint? Constraint { get; init; }

    /// <summary>Checks the ranges and combinations.</summary>
    /// <exception cref="ArgumentException">
    /// A value is out of its range, beam search is combined with drawing, or the constraint's shortest answer is too long.
    /// </exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxNewTokens, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(TopK);
        ArgumentOutOfRangeException.ThrowIfLessThan(BeamCount, 1);
        if (!(Temperature >= 0) || float.IsInfinity(Temperature))
        {
            throw new ArgumentOutOfRangeException(nameof(Temperature), Temperature, "The temperature is 0 or a positive number.");
        }
        if (!(TopP > 0 && TopP <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(TopP), TopP, "Top-p lies above 0 and is at most 1.");
        }
        if (BeamCount > 1 && Temperature > 0)
        {
            throw new ArgumentException("Beam search takes the most probable tokens: it cannot be combined with a temperature.");
        }
        if (Constraint?.ShortestAnswer > MaxNewTokens)
        {
            throw new ArgumentException(
                $"An answer of this form has at least {Constraint.ShortestAnswer} tokens, and only {MaxNewTokens} are allowed.");
        }
    }
}
