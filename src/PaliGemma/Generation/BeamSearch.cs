using PaliGemma.Kernels;

namespace PaliGemma.Generation;

/// <summary>
/// Beam search: keeps the <see cref="GenerationOptions.BeamCount"/> most probable continuations and returns the finished one with the highest mean
/// log-probability per token (the reference's length penalty of 1, without early stopping).
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
        List<Hypothesis> beams = [new Hypothesis(prompt.Fork(), [], 0)];
        List<Hypothesis> finished = [];
        try
        {
            for (int length = 1; ; length++)
            {
                cancellation.ThrowIfCancellationRequested();
                List<Candidate> candidates = Expand(beams, 2 * options.BeamCount);
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
                        finished.Add(candidate.Beam.Followed(candidate.Token, state: null));
                    }
                }
                finished = [.. finished.OrderByDescending(hypothesis => hypothesis.Score).Take(options.BeamCount)];
                bool settled = finished.Count == options.BeamCount && finished[^1].Score >= candidates[0].Sum / length;
                if (length == options.MaxNewTokens || settled || going.Count == 0)
                {
                    return Best(finished, settled ? [] : going).Tokens;
                }
                beams = Advance(beams, going, cancellation);
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
        finished.Concat(unfinished.Select(candidate => candidate.Beam.Followed(candidate.Token, state: null)))
            .MaxBy(hypothesis => hypothesis.Score)!;

    /// <summary>The <paramref name="count"/> best continuations of all beams by one token, best first.</summary>
    private List<Candidate> Expand(List<Hypothesis> beams, int count)
    {
        int width = model.Config.Text.VocabularySize;
        float[] logits = new float[beams.Count * width];
        model.ComputeLogits(beams.ConvertAll(beam => beam.State!), logits);
        PriorityQueue<Candidate, double> best = new(count + 1);
        for (int row = 0; row < beams.Count; row++)
        {
            Span<float> own = logits.AsSpan(row * width, width);
            TokenGenerator.Suppress(own, vocabularySize, model.Config.ImageTokenId);
            float normalizer = Softmax.LogSumExp(own);
            for (int token = 0; token < own.Length; token++)
            {
                float logProbability = own[token] - normalizer;
                double sum = beams[row].Sum + logProbability;
                if (float.IsNegativeInfinity(logProbability)
                    || (best.Count == count && best.TryPeek(out _, out double worst) && sum <= worst))
                {
                    continue;
                }
                best.Enqueue(new Candidate(beams[row], new GeneratedToken(token, logProbability), sum), sum);
                if (best.Count > count)
                {
                    best.Dequeue();
                }
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

    /// <summary>Appends the chosen tokens: a beam's first continuation takes its state over, others fork it.</summary>
    private List<Hypothesis> Advance(List<Hypothesis> beams, List<Candidate> going, CancellationToken cancellation)
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
                next.Add(candidate.Beam.Followed(candidate.Token, state));
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
    /// <param name="Tokens">The tokens chosen so far.</param>
    /// <param name="Sum">The sum of their log-probabilities.</param>
    private sealed record Hypothesis(IDecodingState? State, GeneratedToken[] Tokens, double Sum)
    {
        public double Score => Sum / Tokens.Length;

        public Hypothesis Followed(GeneratedToken token, IDecodingState? state) =>
            new(state, [.. Tokens, token], Sum + token.LogProbability);
    }
}
