namespace PaliGemma.Evaluation.Metrics;

/// <summary>An interval.</summary>
/// <param name="Low">Its lower end.</param>
/// <param name="High">Its upper end.</param>
public readonly record struct ConfidenceInterval(double Low, double High);
