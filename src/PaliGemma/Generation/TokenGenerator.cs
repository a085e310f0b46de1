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

    private IEnumerable<(int Sequence, GeneratedToken Token)> Run(
        IReadOnlyList<IDecodingState> states, GenerationOptions options, CancellationToken cancellation)
    {
        int width = model.Config.Text.VocabularySize;
        float[] logits = new float[options.Constraint is null ? states.Count * width : width];
        Sampler[] samplers = new Sampler[states.Count];
        long[] places = new long[states.Count];
        List<int> active = [];
        for (int i = 0; i < states.Count; i++)
        {
            samplers[i] = new Sampler(options, i);
            places[i] = options.Constraint?.Start ?? 0;
            active.Add(i);
        }
        for (int step = 1; active.Count > 0; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            List<IDecodingState> running = active.ConvertAll(sequence => states[sequence]);
            if (options.Constraint is null)
            {
                model.ComputeLogits(running, logits.AsSpan(0, running.Count * width));
            }
            int[] chosen = new int[running.Count];
            for (int row = 0; row < chosen.Length; row++)
            {
                int sequence = active[row];
                int room = options.MaxNewTokens - step + 1;
                GeneratedToken token = options.Constraint is null
                    ? Choose(samplers[sequence], logits.AsSpan(row * width, width))
                    : Choose(samplers[sequence], running[row], options.Constraint, ref places[sequence], room, logits);
                chosen[row] = token.Id;
                yield return (sequence, token);
            }
            if (step == options.MaxNewTokens)
            {
                yield break;
            }
            List<int> tokens = [];
            List<int> remaining = [];
            for (int row = 0; row < chosen.Length; row++)
            {
                if (chosen[row] != model.Config.EosTokenId)
                {
                    tokens.Add(chosen[row]);
                    remaining.Add(active[row]);
                }
            }
            active = remaining;
            if (active.Count > 0)
            {
                model.Append(active.ConvertAll(sequence => states[sequence]), tokens.ToArray(), cancellation);
            }
        }
    }

    private GeneratedToken Choose(Sampler sampler, Span<float> logits)
    {
        Suppress(logits, vocabularySize, model.Config.ImageTokenId);
        return sampler.Next(logits);
    }

    /// <summary>Chooses among the tokens that the constraint allows.</summary>
    /// <param name="sampler">Chooses.</param>
    /// <param name="state">The sequence.</param>
    /// <param name="constraint">The grammar.</param>
    /// <param name="place">The sequence's state in the grammar; moved on.</param>
    /// <param name="room">How many tokens the sequence may still get.</param>
    /// <param name="logits">Scratch, one row of the head.</param>
    private GeneratedToken Choose(
        Sampler sampler, IDecodingState state, TokenConstraint constraint, ref long place, int room, Span<float> logits)
    {
        ReadOnlySpan<int> allowed = constraint.Allowed(place, room);
        logits = logits[..allowed.Length];
        ComputeAllowed(model, state, allowed, logits);
        GeneratedToken choice = sampler.Next(logits);
        GeneratedToken token = choice with { Id = allowed[choice.Id] };
        if (token.Id != model.Config.EosTokenId)
        {
            place = constraint.Advance(place, token.Id);
        }
        return token;
    }
}
