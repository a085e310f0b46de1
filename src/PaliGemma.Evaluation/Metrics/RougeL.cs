namespace PaliGemma.Evaluation.Metrics;

/// <summary>
/// ROUGE-L (Lin 2004, as in salaniz/pycocoevalcap, rouge/rouge.py): the longest common subsequence; best precision and best recall over the
/// references, each on its own, in an F-measure with beta = 1.2.
/// </summary>
public static class RougeL
{
    private const double Beta = 1.2;

    /// <summary>The score of each picture's caption, 0 … 1; the corpus' is their mean.</summary>
    /// <param name="captions">One for each picture, tokens between spaces.</param>
    /// <param name="references">For each picture at least one, tokens between spaces.</param>
    public static double[] Score(IReadOnlyList<string> captions, IReadOnlyList<IReadOnlyList<string>> references)
    {
        ArgumentNullException.ThrowIfNull(captions);
        ArgumentNullException.ThrowIfNull(references);
        ArgumentOutOfRangeException.ThrowIfNotEqual(captions.Count, references.Count);
        return [.. captions.Zip(references, Score)];
    }

    private static double Score(string caption, IReadOnlyList<string> references)
    {
        // At spaces only: an empty caption is one empty token, and equal to another.
        string[] words = caption.Split(' ');
        double precision = 0;
        double recall = 0;
        foreach (string reference in references)
        {
            string[] truth = reference.Split(' ');
            double common = CommonLength(words, truth);
            precision = Math.Max(precision, common / words.Length);
            recall = Math.Max(recall, common / truth.Length);
        }
        return precision == 0 || recall == 0 ? 0 : (1 + (Beta * Beta)) * precision * recall / (recall + (Beta * Beta * precision));
    }

    private static int CommonLength(string[] first, string[] second)
    {
        int[] row = new int[second.Length + 1];
        foreach (string word in first)
        {
            int diagonal = 0;
            for (int j = 0; j < second.Length; j++)
            {
                int above = row[j + 1];
                row[j + 1] = word == second[j] ? diagonal + 1 : Math.Max(above, row[j]);
                diagonal = above;
            }
        }
        return row[^1];
    }
}
