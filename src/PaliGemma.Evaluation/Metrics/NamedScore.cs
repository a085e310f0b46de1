namespace PaliGemma.Evaluation.Metrics;

/// <summary>A number with its name.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Value">In percent; NaN where it is not defined.</param>
public sealed record NamedScore(string Name, double Value);
