namespace PaliGemma.Evaluation.Metrics;

/// <summary>
/// ChartQA's accuracy (Masry et al. 2022; big_vision, evaluators/proj/paligemma/transfers/chartqa.py): a number may be off by 5 %, anything
/// else must be equal. Percentages are divided by 100, and 0 has no tolerance. The score is the mean of the subsets' means.
/// </summary>
public sealed class RelaxedAccuracy : AnswerMetric
{
    private const double Tolerance = 0.05;

    /// <inheritdoc/>
    public override string Name => "relaxed accuracy";

    /// <summary>1 for a right answer, otherwise 0.</summary>
    public static double Score(string prediction, string answer)
    {
        ArgumentNullException.ThrowIfNull(prediction);
        ArgumentNullException.ThrowIfNull(answer);
        bool right = ToNumber(prediction) is double said && ToNumber(answer) is double truth && truth != 0
            ? Math.Abs(said - truth) / Math.Abs(truth) <= Tolerance
            : prediction == answer;
        return right ? 1 : 0;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<IReadOnlyList<double>> Strata(IReadOnlyList<ScoredAnswer> answers) => BySubset(answers);

    internal static double? ToNumber(string text) =>
        text.EndsWith('%') ? PythonText.ToFloat(text.TrimEnd('%')) / 100 : PythonText.ToFloat(text);

    /// <inheritdoc/>
    protected override double Score(Example example, string prediction) =>
        example.Answers.Max(answer => Score(PythonText.ToLower(prediction), PythonText.ToLower(answer)));
}
