namespace PaliGemma.Evaluation.Metrics;

/// <summary>What is in a picture, and what was found.</summary>
/// <param name="Truth">What people marked.</param>
/// <param name="Found">What was detected.</param>
public sealed record DetectedPicture(IReadOnlyList<AnnotatedRegion> Truth, IReadOnlyList<ScoredRegion> Found);
