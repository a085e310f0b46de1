namespace PaliGemma.Evaluation.Metrics;

/// <summary>
/// ScienceQA's accuracy (big_vision, evaluators/proj/paligemma/transfers/science_qa.py): the letter in <c>The answer is B.</c>, which must
/// begin the answer. Two sentences without a letter are equal.
/// </summary>
public sealed class ScienceQaAccuracy : AnswerMetric
{
    private const string Beginning = "the answer is ";

    /// <inheritdoc/>
    public override string Name => "accuracy";

    /// <summary>1 for a right answer, otherwise 0.</summary>
    public static double Score(string prediction, string answer) => ToLetter(prediction) == ToLetter(answer) ? 1 : 0;

    /// <inheritdoc/>
    public override IEnumerable<NamedScore> Details(IReadOnlyList<ScoredAnswer> answers) =>
    [
        .. base.Details(answers),
        new NamedScore("without a letter", 100 * answers.Average(one => ToLetter(one.Answer.Text) is null ? 1.0 : 0)),
    ];

    /// <inheritdoc/>
    protected override double Score(Example example, string prediction) => Score(prediction, example.Answers[0]);

    internal static char? ToLetter(string text)
    {
        string lower = PythonText.ToLower(text);
        return lower.StartsWith(Beginning, StringComparison.Ordinal)
            && lower.AsSpan(Beginning.Length) is [>= 'a' and <= 'z' and var letter, '.', ..]
            ? letter
            : null;
    }
}
