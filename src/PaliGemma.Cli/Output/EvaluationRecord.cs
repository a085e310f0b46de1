using System.Text.Json.Serialization;
using PaliGemma.Evaluation;
using PaliGemma.Evaluation.Metrics;

namespace PaliGemma.Cli.Output;

/// <summary>A benchmark's result as <c>--json</c> prints it; scores are in percent, and null where they are not defined.</summary>
internal sealed record EvaluationRecord
{
    [JsonPropertyName("task")]
    public required string Task { get; init; }

    [JsonPropertyName("model")]
    public required string Model { get; init; }

    [JsonPropertyName("dtype")]
    public required string Format { get; init; }

    [JsonPropertyName("metric")]
    public required string Metric { get; init; }

    [JsonPropertyName("examples")]
    public required int Examples { get; init; }

    [JsonPropertyName("score")]
    public required double? Score { get; init; }

    /// <summary>The lower end of the score's interval.</summary>
    [JsonPropertyName("low")]
    public required double? Low { get; init; }

    /// <summary>The upper end of the score's interval.</summary>
    [JsonPropertyName("high")]
    public required double? High { get; init; }

    [JsonPropertyName("published")]
    public required double? Published { get; init; }

    [JsonPropertyName("loss")]
    public required double? Loss { get; init; }

    [JsonPropertyName("details")]
    public required IReadOnlyDictionary<string, double?> Details { get; init; }

    /// <summary>The record of a result.</summary>
    /// <param name="result">The result.</param>
    /// <param name="results">All results, among which it may have a loss.</param>
    public static EvaluationRecord Of(BenchmarkResult result, IReadOnlyList<BenchmarkResult> results)
    {
        Measurement measured = result.Measurement;
        return new EvaluationRecord
        {
            Task = result.Task.Name,
            Model = result.Model,
            Format = result.Format,
            Metric = measured.Name,
            Examples = measured.Answers.Count,
            Score = Finite(measured.Value),
            Low = Finite(measured.Interval?.Low),
            High = Finite(measured.Interval?.High),
            Published = result.Published,
            Loss = Finite(result.LossAmong(results)),
            Details = measured.Details.ToDictionary(detail => detail.Name, detail => Finite(detail.Value)),
        };
    }

    private static double? Finite(double? value) => value is double number && double.IsFinite(number) ? number : null;
}
