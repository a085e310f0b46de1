using PaliGemma.Tasks;

namespace PaliGemma.Evaluation.Metrics;

/// <summary>COCO's twelve numbers, 0 … 1; -1 where there is nothing to find.</summary>
public sealed record CocoScores
{
    /// <summary>Average precision over overlaps from 0.5 to 0.95.</summary>
    public required double Ap { get; init; }

    /// <summary>Average precision at an overlap of 0.5.</summary>
    public required double Ap50 { get; init; }

    /// <summary>Average precision at an overlap of 0.75.</summary>
    public required double Ap75 { get; init; }

    /// <summary>Average precision of things up to 32² pixels.</summary>
    public required double ApSmall { get; init; }

    /// <summary>Average precision of things from 32² to 96² pixels.</summary>
    public required double ApMedium { get; init; }

    /// <summary>Average precision of things from 96² pixels.</summary>
    public required double ApLarge { get; init; }

    /// <summary>Average recall with one detection of a label in a picture.</summary>
    public required double Ar1 { get; init; }

    /// <summary>Average recall with ten.</summary>
    public required double Ar10 { get; init; }

    /// <summary>Average recall with a hundred.</summary>
    public required double Ar100 { get; init; }

    /// <summary>Average recall of things up to 32² pixels.</summary>
    public required double ArSmall { get; init; }

    /// <summary>Average recall of things from 32² to 96² pixels.</summary>
    public required double ArMedium { get; init; }

    /// <summary>Average recall of things from 96² pixels.</summary>
    public required double ArLarge { get; init; }
}

/// <summary>What is in a picture, and what was found.</summary>
/// <param name="Truth">What people marked.</param>
/// <param name="Found">What was detected.</param>
public sealed record DetectedPicture(IReadOnlyList<AnnotatedRegion> Truth, IReadOnlyList<ScoredRegion> Found);

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
