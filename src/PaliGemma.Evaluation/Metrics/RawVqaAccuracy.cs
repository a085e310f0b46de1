namespace PaliGemma.Evaluation.Metrics;

/// <summary>
/// The accuracy that big_vision reports for OKVQA, A-OKVQA and VizWiz (evaluators/proj/paligemma/transfers/vqa.py): min(1, matches / 3)
/// over all answers, which are compared as they are.
/// </summary>
public sealed class RawVqaAccuracy : AnswerMetric
{
    /// <inheritdoc/>
    public override string Name => "VQA accuracy, raw";

    /// <inheritdoc/>
    public override bool NeedsAnswers => false;

    /// <summary>The accuracy of one answer, 0 … 1.</summary>
    public static double Score(string prediction, IReadOnlyList<string> answers)
    {
        ArgumentNullException.ThrowIfNull(answers);
        return Math.Min(1, answers.Count(answer => answer == prediction) / 3.0);
    }

    /// <inheritdoc/>
    protected override double Score(Example example, string prediction) => Score(prediction, example.Answers);
}
