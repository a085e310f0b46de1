namespace PaliGemma.Generation;

/// <summary>
/// A grammar that answers are held to: it says which tokens may come next. It knows nothing of sequences; each carries its own state, a
/// number that only the constraint understands, so one constraint serves any number of them at once.
/// </summary>
public abstract class TokenConstraint
{
    /// <summary>The state of an answer that has not begun.</summary>
    public abstract long Start { get; }

    /// <summary>Tokens of the shortest answer, the end token included.</summary>
    public abstract int ShortestAnswer { get; }

    /// <summary>The tokens that may come next, without repetition, and never none.</summary>
    /// <param name="state">The state of an answer that has not ended.</param>
    /// <param name="room">
    /// How many tokens the answer may still get, the end token included. Only tokens after which the answer can be completed in this room
    /// are allowed, so that no answer is cut off in the middle of something. <see cref="int.MaxValue"/> is room for everything.
    /// </param>
    public abstract ReadOnlySpan<int> Allowed(long state, int room);

    /// <summary>
    /// An allowed token that greedy decoding takes only if it is likelier than all the others together, not than each; -1 for none. So it
    /// should be where one token says "nothing", and what speaks for something is spread over a thousand.
    /// </summary>
    /// <param name="state">The state of an answer that has not ended.</param>
    public virtual int Minority(long state) => -1;

    /// <summary>The state after one of the allowed tokens.</summary>
    public abstract long Advance(long state, int token);
}
