using System.Text;

namespace PaliGemma.Evaluation.Metrics;

/// <summary>
/// Average normalised Levenshtein similarity (Biten et al. 2019, as in big_vision's evaluators/proj/paligemma/transfers/vqa.py): 1 less the
/// edit distance over the longer text's length, counted in code points, and 0 from half of that length on; the best of all right answers.
/// </summary>
public sealed class Anls : AnswerMetric
{
    private const double Limit = 0.5;

    /// <inheritdoc/>
    public override string Name => "ANLS";

    /// <summary>The similarity to the nearest right answer, 0 … 1.</summary>
    public static double Score(string prediction, IReadOnlyList<string> answers)
    {
        ArgumentNullException.ThrowIfNull(answers);
        return answers.Max(answer => Similarity(prediction, answer));
    }

    /// <summary>The similarity to one right answer, 0 … 1; case matters.</summary>
    public static double Similarity(string prediction, string answer)
    {
        Rune[] said = [.. prediction.EnumerateRunes()];
        Rune[] truth = [.. answer.EnumerateRunes()];
        if (truth.Length == 0)
        {
            return said.Length == 0 ? 1 : 0;
        }
        double distance = (double)Distance(said, truth) / Math.Max(said.Length, truth.Length);
        return distance < Limit ? 1 - distance : 0;
    }

    /// <inheritdoc/>
    protected override double Score(Example example, string prediction) =>
        Score(PythonText.ToLower(prediction), [.. example.Answers.Select(PythonText.ToLower)]);

    private static int Distance(Rune[] first, Rune[] second)
    {
        int[] row = [.. Enumerable.Range(0, second.Length + 1)];
        for (int i = 0; i < first.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i + 1;
            for (int j = 0; j < second.Length; j++)
            {
                int replaced = diagonal + (first[i] == second[j] ? 0 : 1);
                diagonal = row[j + 1];
                row[j + 1] = Math.Min(replaced, Math.Min(row[j], diagonal) + 1);
            }
        }
        return row[^1];
    }
}
