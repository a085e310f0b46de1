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
