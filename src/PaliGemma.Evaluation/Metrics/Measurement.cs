namespace PaliGemma.Evaluation.Metrics;

/// <summary>The result of a benchmark.</summary>
/// <param name="Name">What the number is called.</param>
/// <param name="Value">The number that the card reports, in percent.</param>
/// <param name="Interval">Where it would lie in 95 of 100 samples of as many examples; null where that is not known.</param>
/// <param name="Details">Further numbers.</param>
/// <param name="Answers">Every answer with its score.</param>
public sealed record Measurement(
    string Name, double Value, ConfidenceInterval? Interval, IReadOnlyList<NamedScore> Details, IReadOnlyList<ScoredAnswer> Answers);
