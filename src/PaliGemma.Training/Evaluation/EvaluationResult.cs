namespace PaliGemma.Training.Evaluation;

/// <summary>How a model does on examples that it does not learn from.</summary>
/// <param name="Examples">Their number.</param>
/// <param name="Loss">The mean of the examples' losses, without smoothing.</param>
/// <param name="Scores">The mean score of the answers for each metric that was asked for.</param>
public sealed record EvaluationResult(int Examples, double Loss, IReadOnlyDictionary<EvaluationMetric, double> Scores);
