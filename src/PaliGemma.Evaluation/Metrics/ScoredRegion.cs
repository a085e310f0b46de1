using PaliGemma.Tasks;

namespace PaliGemma.Evaluation.Metrics;

/// <summary>A detection.</summary>
/// <param name="Label">What it is.</param>
/// <param name="X">Left edge of its box in pixels.</param>
/// <param name="Y">Top edge of its box in pixels.</param>
/// <param name="Width">Width of its box in pixels.</param>
/// <param name="Height">Height of its box in pixels.</param>
/// <param name="Score">Detections are ranked by it.</param>
public sealed record ScoredRegion(string Label, double X, double Y, double Width, double Height, double Score)
{
    /// <summary>Its shape, as large as the picture; null where only the box is known.</summary>
    public RunLengthEncoding? Mask { get; init; }
}
