using PaliGemma.Kernels;

namespace PaliGemma.Generation;

/// <summary>
/// Beam search: keeps the <see cref="GenerationOptions.BeamCount"/> most probable continuations and returns the finished one with the
/// highest mean log-probability per token (the reference's length penalty of 1, without early stopping). Under a
/// <see cref="GenerationOptions.Constraint"/> every hypothesis has its own place in the grammar.
/// </summary>
/// <param name="model">The model that decodes.</param>
/// <param name="vocabularySize">Tokens from this one on are never chosen.</param>
public sealed class BeamSearch(IPaliGemmaModel model, int vocabularySize)
{
    /// <summary>Searches on from <paramref name="prompt"/>, which is left as it is.</summary>
    /// <returns>The best hypothesis; its last token is the end token, unless the maximal length was reached.</returns>
    public IReadOnlyList<GeneratedToken> Search(
        IDecodingState prompt, GenerationOptions options, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        List<Hypothesis> beams = [new Hypothesis(prompt.Fork(), options.Constraint?.Start ?? 0, [], 0)];
        List<Hypothesis> finished = [];
        try
        {
            for (int length = 1; ; length++)
            {
                cancellation.ThrowIfCancellationRequested();
                List<Candidate> candidates = Expand(beams, options, room: options.MaxNewTokens - length + 1);
                List<Candidate> going = [];
                for (int rank = 0; rank < candidates.Count && going.Count < options.BeamCount; rank++)
                {
                    Candidate candidate = candidates[rank];
                    if (candidate.Token.Id != model.Config.EosTokenId)
                    {
                        going.Add(candidate);
                    }
                    else if (rank < options.BeamCount)
                    {
                        finished.Add(candidate.Beam.Followed(candidate.Token));
                    }
                }
                finished = [.. finished.OrderByDescending(hypothesis => hypothesis.Score).Take(options.BeamCount)];
                bool settled = finished.Count == options.BeamCount && finished[^1].Score >= candidates[0].Sum / length;
                if (length == options.MaxNewTokens || settled || going.Count == 0)
                {
                    return Best(finished, settled ? [] : going).Tokens;
                }
                beams = Advance(beams, going, options.Constraint, cancellation);
            }
        }
        finally
        {
            foreach (Hypothesis beam in beams)
            {
                beam.State?.Dispose();
            }
        }
    }

    private static Hypothesis Best(List<Hypothesis> finished, List<Candidate> unfinished) =>
        finished.Concat(unfinished.Select(candidate => candidate.Beam.Followed(candidate.Token)))
            .MaxBy(hypothesis => hypothesis.Score)!;

    /// <summary>The best continuations of all beams by one token, twice as many as there are beams, best first.</summary>
    private List<Candidate> Expand(List<Hypothesis> beams, GenerationOptions options, int room)
    {
        PriorityQueue<Candidate, double> best = new();
        int count = (int)Math.Min(2L * options.BeamCount, int.MaxValue);
        int width = model.Config.Text.VocabularySize;
        if (options.Constraint is null)
        {
            float[] logits = new float[beams.Count * width];
            model.ComputeLogits(beams.ConvertAll(beam => beam.State!), logits);
            for (int row = 0; row < beams.Count; row++)
            {
                Span<float> own = logits.AsSpan(row * width, width);
                TokenGenerator.Suppress(own, vocabularySize, model.Config.ImageTokenId);
                AddBest(best, count, beams[row], own, allowed: [], left: -1, lacksRoom: false);
            }
        }
        else
        {
            float[] logits = new float[width];
            foreach (Hypothesis beam in beams)
            {
                ReadOnlySpan<int> allowed = options.Constraint.Allowed(beam.Place, room);
                Span<float> own = logits.AsSpan(0, allowed.Length);
                TokenGenerator.ComputeAllowed(model, beam.State!, allowed, own);
                int minority = allowed.IndexOf(options.Constraint.Minority(beam.Place));
                bool lacksRoom = TokenGenerator.LacksRoom(model, beam.State!, options.Constraint, beam.Place, allowed);
                AddBest(best, count, beam, own, allowed, left: Sampler.IsOutvoted(own, minority) ? minority : -1, lacksRoom);
            }
        }
        List<Candidate> result = new(best.Count);
        while (best.TryDequeue(out Candidate candidate, out _))
        {
            result.Add(candidate);
        }
        result.Reverse();
        return result;
    }

    /// <summary>Keeps the <paramref name="count"/> best of the continuations there are and those of one more beam.</summary>
    /// <param name="best">The continuations, worst first.</param>
    /// <param name="count">How many are kept.</param>
    /// <param name="beam">The beam.</param>
    /// <param name="logits">What the head says about its continuations.</param>
    /// <param name="allowed">The tokens that they are about; empty for the whole vocabulary.</param>
    /// <param name="left">The index of one that is left out; -1 for none.</param>
    /// <param name="lacksRoom">Whether the room that is left forbids what the model would rather take.</param>
    private static void AddBest(
        PriorityQueue<Candidate, double> best,
        int count,
        Hypothesis beam,
        ReadOnlySpan<float> logits,
        ReadOnlySpan<int> allowed,
        int left,
        bool lacksRoom)
    {
        float normalizer = Softmax.LogSumExp(logits);
        for (int i = 0; i < logits.Length; i++)
        {
            float logProbability = logits[i] - normalizer;
            double sum = beam.Sum + logProbability;
            if (i == left || float.IsNegativeInfinity(logProbability)
                || (best.Count == count && best.TryPeek(out _, out double worst) && sum <= worst))
            {
                continue;
            }
            int token = allowed.IsEmpty ? i : allowed[i];
            GeneratedToken chosen = new(token, logProbability) { IsForLackOfRoom = lacksRoom };
            best.Enqueue(new Candidate(beam, chosen, sum), sum);
            if (best.Count > count)
            {
                best.Dequeue();
            }
        }
    }

    /// <summary>Appends the chosen tokens: a beam's first continuation takes its state over, others fork it.</summary>
    private List<Hypothesis> Advance(
        List<Hypothesis> beams, List<Candidate> going, TokenConstraint? constraint, CancellationToken cancellation)
    {
        HashSet<IDecodingState> taken = [];
        List<IDecodingState> forks = [];
        List<Hypothesis> next = [];
        try
        {
            foreach (Candidate candidate in going)
            {
                IDecodingState state = candidate.Beam.State!;
                if (!taken.Add(state))
                {
                    forks.Add(state = state.Fork());
                }
                long place = constraint?.Advance(candidate.Beam.Place, candidate.Token.Id) ?? 0;
                next.Add(candidate.Beam.Followed(candidate.Token) with { State = state, Place = place });
            }
            model.Append(next.ConvertAll(beam => beam.State!), going.ConvertAll(candidate => candidate.Token.Id).ToArray(), cancellation);
        }
        catch
        {
            forks.ForEach(fork => fork.Dispose());
            throw;
        }
        foreach (Hypothesis beam in beams)
        {
            if (!taken.Contains(beam.State!))
            {
                beam.State!.Dispose();
            }
        }
        return next;
    }

    private readonly record struct Candidate(Hypothesis Beam, GeneratedToken Token, double Sum);

    /// <param name="State">Null once the hypothesis is finished.</param>
    /// <param name="Place">Where it is in the constraint's grammar.</param>
    /// <param name="Tokens">The tokens chosen so far.</param>
    /// <param name="Sum">The sum of their log-probabilities.</param>
    private sealed record Hypothesis(IDecodingState? State, long Place, GeneratedToken[] Tokens, double Sum)
    {
        public double Score => Sum / Tokens.Length;

        /// <summary>The finished hypothesis with one token more.</summary>
        public Hypothesis Followed(GeneratedToken token) => new(null, Place, [.. Tokens, token], Sum + token.LogProbability);
    }
}
