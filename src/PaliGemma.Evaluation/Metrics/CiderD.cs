namespace PaliGemma.Evaluation.Metrics;

/// <summary>
/// CIDEr-D (Vedantam et al. 2015, as in salaniz/pycocoevalcap, cider/cider_scorer.py): similarity of the n-grams of captions, n = 1 … 4,
/// each weighted by how few pictures it is said of. Subsets, such as languages, are corpora of their own, and their means are averaged.
/// </summary>
public sealed class CiderD : Metric
{
    private const int MaxOrder = 4;
    private const double Sigma = 6;
    private const double Scale = 10;

    /// <inheritdoc/>
    public override string Name => "CIDEr-D";

    /// <summary>The score of each picture's caption, 0 … 10; the corpus' is their mean.</summary>
    /// <param name="captions">One for each picture, tokens between spaces.</param>
    /// <param name="references">For each picture at least one, tokens between spaces.</param>
    public static double[] Score(IReadOnlyList<string> captions, IReadOnlyList<IReadOnlyList<string>> references)
    {
        ArgumentNullException.ThrowIfNull(captions);
        ArgumentNullException.ThrowIfNull(references);
        ArgumentOutOfRangeException.ThrowIfNotEqual(captions.Count, references.Count);
        NGrams[][] truths = [.. references.Select(captionsOfOne => captionsOfOne.Select(Count).ToArray())];
        Dictionary<string, int> pictures = new(StringComparer.Ordinal);
        foreach (NGrams[] one in truths)
        {
            foreach (string gram in one.SelectMany(ngrams => ngrams.Counts.Keys).Distinct(StringComparer.Ordinal))
            {
                pictures[gram] = pictures.GetValueOrDefault(gram) + 1;
            }
        }
        double logPictures = Math.Log(references.Count);
        return
        [
            .. captions.Zip(truths, (caption, ofPicture) =>
            {
                Weights said = Weigh(Count(caption), pictures, logPictures);
                return Scale * ofPicture.Average(truth => Similarity(said, Weigh(truth, pictures, logPictures)));
            }),
        ];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<double> Score(IReadOnlyList<ExampleAnswer> answers)
    {
        double[] scores = new double[answers.Count];
        IEnumerable<int> all = Enumerable.Range(0, answers.Count);
        foreach (IGrouping<string, int> corpus in all.GroupBy(i => answers[i].Example.Subset, StringComparer.Ordinal))
        {
            int[] places = [.. corpus];
            TokenizedCaptions captions = TokenizedCaptions.Of(Array.ConvertAll(places, i => answers[i]));
            Array.ForEach([.. places.Zip(Score(captions.Candidates, captions.References))], one => scores[one.First] = one.Second);
        }
        return scores;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<IReadOnlyList<double>> Strata(IReadOnlyList<ScoredAnswer> answers) => BySubset(answers);

    /// <inheritdoc/>
    public override IEnumerable<NamedScore> Details(IReadOnlyList<ScoredAnswer> answers)
    {
        TokenizedCaptions captions = TokenizedCaptions.Of([.. answers.Select(one => one.Answer)]);
        return
        [
            .. base.Details(answers),
            new NamedScore("BLEU-4", 100 * Bleu.Score(captions.Candidates, captions.References)[^1]),
            new NamedScore("ROUGE-L", 100 * RougeL.Score(captions.Candidates, captions.References).Average()),
        ];
    }

    private static double Similarity(Weights said, Weights truth)
    {
        double delta = said.Length - truth.Length;
        Span<double> dots = stackalloc double[MaxOrder];
        foreach ((string gram, (int order, double weight)) in said.ByGram)
        {
            if (truth.ByGram.TryGetValue(gram, out (int Order, double Weight) other))
            {
                dots[order - 1] += Math.Min(weight, other.Weight) * other.Weight;
            }
        }
        double sum = 0;
        for (int i = 0; i < MaxOrder; i++)
        {
            double norms = said.Norms[i] * truth.Norms[i];
            sum += norms == 0 ? dots[i] : dots[i] / norms;
        }
        return sum * Math.Exp(-(delta * delta) / (2 * Sigma * Sigma)) / MaxOrder;
    }

    private static NGrams Count(string caption)
    {
        string[] words = PythonText.Split(caption);
        Dictionary<string, (int, int)> counts = new(StringComparer.Ordinal);
        for (int order = 1; order <= MaxOrder; order++)
        {
            for (int i = 0; i + order <= words.Length; i++)
            {
                string gram = string.Join(' ', words, i, order);
                (int _, int before) = counts.GetValueOrDefault(gram);
                counts[gram] = (order, before + 1);
            }
        }
        // The reference takes the number of bigrams for the length.
        return new NGrams(counts, Math.Max(words.Length - 1, 0));
    }

    private static Weights Weigh(NGrams grams, Dictionary<string, int> pictures, double logPictures)
    {
        Dictionary<string, (int, double)> weights = new(grams.Counts.Count, StringComparer.Ordinal);
        double[] norms = new double[MaxOrder];
        foreach ((string gram, (int order, int count)) in grams.Counts)
        {
            double weight = count * (logPictures - Math.Log(Math.Max(1, pictures.GetValueOrDefault(gram))));
            weights.Add(gram, (order, weight));
            norms[order - 1] += weight * weight;
        }
        return new Weights(weights, Array.ConvertAll(norms, Math.Sqrt), grams.Length);
    }

    private sealed record NGrams(Dictionary<string, (int Order, int Count)> Counts, int Length);

    private sealed record Weights(Dictionary<string, (int Order, double Weight)> ByGram, double[] Norms, int Length);
}
