namespace PaliGemma.Evaluation.Metrics;

/// <summary>
/// The accuracy of VQAv2 (GT-Vision-Lab/VQA, vqaEval.py): right is what three other people said too. Every answer is left out in turn,
/// min(1, matches / 3) is taken over the others, and averaged. Where people differ, answers are normalised by
/// <see cref="VqaNormalizer"/>.
/// </summary>
public sealed class VqaAccuracy : AnswerMetric
{
    private const double AgreeingPeople = 3;

    /// <inheritdoc/>
    public override string Name => "VQA accuracy";

    /// <summary>The accuracy of one answer, 0 … 1.</summary>
    /// <param name="prediction">What the model said.</param>
    /// <param name="answers">What people said; the reference has ten of them.</param>
    /// <exception cref="ArgumentException">There is no answer.</exception>
    public static double Score(string prediction, IReadOnlyList<string> answers)
    {
        ArgumentNullException.ThrowIfNull(prediction);
        ArgumentNullException.ThrowIfNull(answers);
        ArgumentOutOfRangeException.ThrowIfZero(answers.Count, nameof(answers));
        string[] truths = [.. answers.Select(Clean)];
        string said = Clean(prediction);
        if (truths.Distinct(StringComparer.Ordinal).Count() > 1)
        {
            truths = Array.ConvertAll(truths, VqaNormalizer.Normalize);
            said = VqaNormalizer.Normalize(said);
        }
        int matches = truths.Count(truth => truth == said);
        return truths.Sum(truth => Math.Min(1, (matches - (truth == said ? 1 : 0)) / AgreeingPeople)) / truths.Length;
    }

    /// <inheritdoc/>
    protected override double Score(Example example, string prediction) => Score(prediction, example.Answers);

    private static string Clean(string text) => PythonText.Strip(text.Replace('\n', ' ').Replace('\t', ' '));
}
