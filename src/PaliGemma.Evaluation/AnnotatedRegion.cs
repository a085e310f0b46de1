using PaliGemma.Tasks;

namespace PaliGemma.Evaluation;

/// <summary>A thing that people marked in a picture.</summary>
/// <param name="Label">What it is.</param>
/// <param name="X">Left edge of its box in pixels.</param>
/// <param name="Y">Top edge of its box in pixels.</param>
/// <param name="Width">Width of its box in pixels.</param>
/// <param name="Height">Height of its box in pixels.</param>
public sealed record AnnotatedRegion(string Label, double X, double Y, double Width, double Height)
{
    /// <summary>Its shape, as large as the picture; null where only the box is known.</summary>
    public RunLengthEncoding? Mask { get; init; }

    /// <summary>Its area in pixels; less than the box's where the annotation comes from a shape.</summary>
    public double Area { get; init; } = Width * Height;

    /// <summary>Whether it stands for many things of its kind.</summary>
    public bool IsCrowd { get; init; }
}
