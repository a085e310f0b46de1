namespace PaliGemma.Generation;

/// <summary>The decoding loop, in tokens: choose, append, until every sequence has ended.</summary>
/// <param name="model">The model that decodes.</param>
/// <param name="vocabularySize">
/// Tokens from this one on are never chosen. The embedding has more rows than the tokenizer has pieces, and their weights mean nothing.
/// </param>
public sealed class TokenGenerator(IPaliGemmaModel model, int vocabularySize)
{
    /// <summary>
    /// Decodes several sequences together, each until its end token or <see cref="GenerationOptions.MaxNewTokens"/>, and yields every token
    /// as it is chosen, sequences in order within a step. A sequence that has ended costs nothing more.
    /// </summary>
    /// <param name="states">The prompts, prefilled; they are advanced, and not disposed.</param>
    /// <param name="options">How to choose; beam search is <see cref="BeamSearch"/>'s.</param>
    /// <param name="cancellation">Stops between layers.</param>
    public IEnumerable<(int Sequence, GeneratedToken Token)> Generate(
        IReadOnlyList<IDecodingState> states, GenerationOptions options, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(states);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (options.BeamCount != 1)
        {
            throw new ArgumentException("Beam search does not produce one token after another.", nameof(options));
        }
        return Run(states, options, cancellation);
    }

    /// <summary>Makes tokens that must not be chosen impossible.</summary>
    internal static void Suppress(Span<float> logits, int vocabularySize, int imageToken)
    {
        logits[Math.Min(vocabularySize, logits.Length)..].Fill(float.NegativeInfinity);
        if (imageToken < logits.Length)
        {
            logits[imageToken] = float.NegativeInfinity;
        }
    }

    /// <summary>
    /// Computes the logits of the tokens that a constraint allows, and no others; a token that is alone is certain without the head.
    /// </summary>
    internal static void ComputeAllowed(IPaliGemmaModel model, IDecodingState state, ReadOnlySpan<int> allowed, Span<float> logits)
    {
        if (allowed.Length == 1)
        {
            logits[0] = 0;
        }
        else
        {
            model.ComputeLogits(state, allowed, logits);
        }
    }

    /// <summary>
    /// Whether the model would rather take a token that the constraint allows, but not in the room that is left. Only near the end of the
    /// room does that cost a product of the head.
    /// </summary>
    internal static bool LacksRoom(
        IPaliGemmaModel model, IDecodingState state, TokenConstraint constraint, long place, ReadOnlySpan<int> allowed)
    {
        ReadOnlySpan<int> unlimited = constraint.Allowed(place, room: int.MaxValue);
        if (unlimited.Length == allowed.Length)
        {
            return false;
        }
        float[] logits = new float[unlimited.Length];
        model.ComputeLogits(state, unlimited, logits);
        int preferred = Sampler.Preferred(logits, unlimited.IndexOf(constraint.Minority(place)));
        return !allowed.Contains(unlimited[preferred]);
    }

    private IEnumerable<(int Sequence, GeneratedToken Token)> Run(
        IReadOnlyList<IDecodingState> states, GenerationOptions options, CancellationToken cancellation)
    {
        DecodingBatch batch = new(model, vocabularySize);
        for (int i = 0; i < states.Count; i++)
        {
            batch.Add(new DecodingSequence(states[i], options, i));
        }
        while (batch.Sequences.Count > 0)
        {
            cancellation.ThrowIfCancellationRequested();
            batch.Choose();
            foreach (DecodingSequence sequence in batch.Sequences)
            {
                yield return (sequence.Number, sequence.Last);
            }
            batch.Advance(cancellation);
        }
    }
}
