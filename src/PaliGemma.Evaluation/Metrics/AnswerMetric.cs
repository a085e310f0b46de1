namespace PaliGemma.Evaluation.Metrics;

/// <summary>A metric that looks at one answer at a time.</summary>
public abstract class AnswerMetric : Metric
{
    /// <inheritdoc/>
    public sealed override IReadOnlyList<double> Score(IReadOnlyList<ExampleAnswer> answers) =>
        [.. answers.Select(answer => Score(answer.Example, answer.Text))];

    /// <summary>The score of one answer, 0 … 1.</summary>
    protected abstract double Score(Example example, string prediction);
}
