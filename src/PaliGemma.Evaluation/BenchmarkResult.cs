using PaliGemma.Evaluation.Metrics;
using PaliGemma.Tasks;

namespace PaliGemma.Evaluation;

/// <summary>What a model scored in a benchmark.</summary>
/// <param name="Task">The benchmark.</param>
/// <param name="Model">The model's folder or name.</param>
/// <param name="Format">The precision of its weights.</param>
/// <param name="Published">The card's number for such a model, in percent; null if it has none.</param>
/// <param name="Measurement">Ours.</param>
public sealed record BenchmarkResult(EvaluationTask Task, string Model, string Format, double? Published, Measurement Measurement)
{
    /// <summary>Decodes the masks of its answers to draw them; null draws boxes alone.</summary>
    public MaskDecoder? Decoder { get; init; }

    /// <summary>Ours less the card's number.</summary>
    public double? Difference => Measurement.Value - Published;

    /// <summary>
    /// How much is lost against the same benchmark in float32, or in the first precision if that was not run; null for that one.
    /// </summary>
    /// <param name="results">All results of the benchmark.</param>
    public double? LossAmong(IReadOnlyList<BenchmarkResult> results)
    {
        ArgumentNullException.ThrowIfNull(results);
        BenchmarkResult[] ofTask = [.. results.Where(result => result.Task.Name == Task.Name)];
        BenchmarkResult reference = ofTask.FirstOrDefault(result => result.Format == "float32") ?? ofTask[0];
        return reference.Format == Format ? null : reference.Measurement.Value - Measurement.Value;
    }
}
