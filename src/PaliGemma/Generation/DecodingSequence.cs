namespace PaliGemma.Generation;

/// <summary>A sequence that is being decoded: what it has read, how its tokens are chosen, and the token that was chosen last.</summary>
/// <param name="state">The prompt, prefilled; not owned.</param>
/// <param name="options">How to choose and when to stop.</param>
/// <param name="number">The sequence's number among those of its request: each draws on its own.</param>
internal sealed class DecodingSequence(IDecodingState state, GenerationOptions options, int number)
{
    public IDecodingState State => state;

    public int Number => number;

    public TokenConstraint? Constraint => options.Constraint;

    public Sampler Sampler { get; } = new(options, number);

    /// <summary>The state in the constraint's grammar.</summary>
    public long Place { get; private set; } = options.Constraint?.Start ?? 0;

    /// <summary>Tokens that the sequence may still get.</summary>
    public int Room { get; private set; } = options.MaxNewTokens;

    public GeneratedToken Last { get; private set; }

    public bool HasEnded { get; private set; }

    /// <summary>Why no token could be chosen; null as long as they can.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Takes the token that was chosen.</summary>
    public void Take(GeneratedToken token, int endToken)
    {
        Last = token;
        Room--;
        HasEnded = Room == 0 || token.Id == endToken;
        if (!HasEnded && Constraint is not null)
        {
            Place = Constraint.Advance(Place, token.Id);
        }
    }

    /// <summary>Ends the sequence for which no token could be chosen.</summary>
    public void Fail(Exception error) => (Failure, HasEnded) = (error, true);
}
