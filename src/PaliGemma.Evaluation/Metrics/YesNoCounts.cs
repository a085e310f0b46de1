namespace PaliGemma.Evaluation.Metrics;

/// <summary>Answers yes or no, counted. A ratio without anything to divide by is NaN.</summary>
/// <param name="TruePositives">Yes, rightly.</param>
/// <param name="FalsePositives">Yes, wrongly.</param>
/// <param name="TrueNegatives">No, rightly.</param>
/// <param name="FalseNegatives">No, wrongly.</param>
public readonly record struct YesNoCounts(int TruePositives, int FalsePositives, int TrueNegatives, int FalseNegatives)
{
    /// <summary>All answers.</summary>
    public int Total => TruePositives + FalsePositives + TrueNegatives + FalseNegatives;

    /// <summary>Right answers, as a fraction of all.</summary>
    public double Accuracy => (double)(TruePositives + TrueNegatives) / Total;

    /// <summary>How many of those that say yes are right, 0 … 1.</summary>
    public double Precision => (double)TruePositives / (TruePositives + FalsePositives);

    /// <summary>How many of those that should say yes do, 0 … 1.</summary>
    public double Recall => (double)TruePositives / (TruePositives + FalseNegatives);

    /// <summary>The harmonic mean of precision and recall.</summary>
    public double F1 => 2 * Precision * Recall / (Precision + Recall);

    /// <summary>How many say yes, 0 … 1.</summary>
    public double YesRatio => (double)(TruePositives + FalsePositives) / Total;
}
