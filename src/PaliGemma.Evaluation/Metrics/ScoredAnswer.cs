namespace PaliGemma.Evaluation.Metrics;

/// <summary>An answer and its score.</summary>
/// <param name="Answer">The answer.</param>
/// <param name="Score">0 … 1; CIDEr-D reaches 10.</param>
public sealed record ScoredAnswer(ExampleAnswer Answer, double Score);
