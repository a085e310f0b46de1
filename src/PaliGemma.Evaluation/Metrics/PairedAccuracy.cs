namespace PaliGemma.Evaluation.Metrics;

/// <summary>
/// MMVP's accuracy (Tong et al. 2024): pictures come in pairs that differ in what is asked, and only two right answers count.
/// An answer is right if it is the right choice, or its letter with or without brackets.
/// </summary>
public sealed class PairedAccuracy : AnswerMetric
{
    /// <inheritdoc/>
    public override string Name => "paired accuracy";

    /// <inheritdoc/>
    public override bool NeedsAnswers => false;

    /// <summary>1 for every group whose answers are all right, otherwise 0; groups in the order of their first answers.</summary>
    public static IReadOnlyList<double> Score(IEnumerable<(string Group, bool IsRight)> answers) =>
        [.. answers.GroupBy(answer => answer.Group, StringComparer.Ordinal).Select(group => group.All(answer => answer.IsRight) ? 1.0 : 0)];

    /// <inheritdoc/>
    public override IReadOnlyList<IReadOnlyList<double>> Strata(IReadOnlyList<ScoredAnswer> answers) =>
        [Score(answers.Select(one => (one.Answer.Example.Group, one.Score == 1)))];

    /// <inheritdoc/>
    public override IEnumerable<NamedScore> Details(IReadOnlyList<ScoredAnswer> answers) =>
        [.. base.Details(answers), new NamedScore("single accuracy", 100 * answers.Average(one => one.Score))];

    /// <inheritdoc/>
    protected override double Score(Example example, string prediction) =>
        ExactMatch.Score(prediction.Trim(), example.Answers, ignoreCase: true);
}
