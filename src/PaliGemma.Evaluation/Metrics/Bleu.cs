namespace PaliGemma.Evaluation.Metrics;

/// <summary>
/// BLEU (Papineni et al. 2002, as in salaniz/pycocoevalcap, bleu/bleu_scorer.py): clipped precision of n-grams, and the length of the
/// closest reference, the shorter of two that are equally close.
/// </summary>
public static class Bleu
{
    private const int MaxOrder = 4;

    // The reference's guards against a division by zero; they show in the ninth digit.
    private const double Tiny = 1e-15;
    private const double Small = 1e-9;

    /// <summary>BLEU-1 to BLEU-4 of the corpus, 0 … 1.</summary>
    /// <param name="captions">One for each picture, tokens between spaces.</param>
    /// <param name="references">For each picture at least one, tokens between spaces.</param>
    public static double[] Score(IReadOnlyList<string> captions, IReadOnlyList<IReadOnlyList<string>> references)
    {
        ArgumentNullException.ThrowIfNull(captions);
        ArgumentNullException.ThrowIfNull(references);
        ArgumentOutOfRangeException.ThrowIfNotEqual(captions.Count, references.Count);
        Counts total = new();
        for (int i = 0; i < captions.Count; i++)
        {
            total.Add(captions[i], references[i]);
        }
        return total.ToScores();
    }

    private sealed class Counts
    {
        private readonly int[] _correct = new int[MaxOrder];
        private readonly int[] _guessed = new int[MaxOrder];
        private int _length;
        private int _referenceLength;

        public void Add(string caption, IReadOnlyList<string> references)
        {
            string[] words = PythonText.Split(caption);
            string[][] truths = [.. references.Select(PythonText.Split)];
            _length += words.Length;
            _referenceLength += truths.Select(truth => truth.Length).Order().MinBy(length => Math.Abs(length - words.Length));
            for (int order = 1; order <= MaxOrder; order++)
            {
                _guessed[order - 1] += Math.Max(0, words.Length - order + 1);
                Dictionary<string, int>[] allowed = Array.ConvertAll(truths, truth => CountGrams(truth, order));
                foreach ((string gram, int count) in CountGrams(words, order))
                {
                    _correct[order - 1] += Math.Min(count, allowed.Max(grams => grams.GetValueOrDefault(gram)));
                }
            }
        }

        public double[] ToScores()
        {
            double ratio = (_length + Tiny) / (_referenceLength + Small);
            double penalty = ratio < 1 ? Math.Exp(1 - (1 / ratio)) : 1;
            double product = 1;
            double[] scores = new double[MaxOrder];
            for (int i = 0; i < MaxOrder; i++)
            {
                product *= (_correct[i] + Tiny) / (_guessed[i] + Small);
                scores[i] = Math.Pow(product, 1.0 / (i + 1)) * penalty;
            }
            return scores;
        }

        private static Dictionary<string, int> CountGrams(string[] words, int order)
        {
            Dictionary<string, int> counts = new(StringComparer.Ordinal);
            for (int i = 0; i + order <= words.Length; i++)
            {
                string gram = string.Join(' ', words, i, order);
                counts[gram] = counts.GetValueOrDefault(gram) + 1;
            }
            return counts;
        }
    }
}
