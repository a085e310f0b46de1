namespace PaliGemma.Evaluation.Metrics;

/// <summary>
/// RSVQA's accuracy (Lobry et al. 2020; big_vision, evaluators/proj/paligemma/transfers/rsvqa.py): exact match, averaged over the questions
/// of each type, and then over the types; numbers are left out of it, as in the card.
/// </summary>
/// <param name="ignoreCase">Both sides are brought to lower case first.</param>
public sealed class MeanOfTypes(bool ignoreCase = false) : AnswerMetric
{
    /// <summary>Types of questions that are answered with a number.</summary>
    private static readonly string[] NumericTypes = ["count", "area"];

    /// <inheritdoc/>
    public override string Name => "mean accuracy of types";

    /// <inheritdoc/>
    public override bool NeedsAnswers => false;

    /// <inheritdoc/>
    public override IReadOnlyList<IReadOnlyList<double>> Strata(IReadOnlyList<ScoredAnswer> answers) =>
        BySubset(answers.Where(one => !NumericTypes.Contains(one.Answer.Example.Subset)));

    /// <inheritdoc/>
    public override IEnumerable<NamedScore> Details(IReadOnlyList<ScoredAnswer> answers) =>
        [.. base.Details(answers), new NamedScore("with numbers", Headline(BySubset(answers)))];

    /// <inheritdoc/>
    protected override double Score(Example example, string prediction) => ExactMatch.Score(prediction, example.Answers, ignoreCase);
}
