namespace PaliGemma.Data.Shapes;

/// <summary>What a model scores on scenes, each 0 … 1; not a number where nothing was asked.</summary>
/// <param name="Captions">Captions that are right to the letter.</param>
/// <param name="Counts">Right answers to "how many".</param>
/// <param name="Colors">Right answers to "what color".</param>
/// <param name="Presence">Right answers to "is there".</param>
/// <param name="Words">Printed words that are read, among those printed or, if there are more, those read.</param>
/// <param name="DetectionIoU">
/// Mean over the shapes asked for of the overlap of their box with that of the object found for it; 0 for a missed one.
/// </param>
/// <param name="DetectionF1">Harmonic mean of precision and recall of found boxes that overlap a shape's by half or more.</param>
/// <param name="SegmentationIoU">Like <paramref name="DetectionIoU"/>, of masks in pixels.</param>
public sealed record SceneScores(
    double Captions,
    double Counts,
    double Colors,
    double Presence,
    double Words,
    double DetectionIoU,
    double DetectionF1,
    double SegmentationIoU)
{
    /// <summary>The scores with what they are called in tables; those of tasks of which nothing was asked are left out.</summary>
    public IReadOnlyList<(string Name, double Value)> Named =>
    [
        .. new[]
        {
            ("captions, exact", Captions),
            ("counts", Counts),
            ("colours", Colors),
            ("presence", Presence),
            ("words read", Words),
            ("detection, mean IoU", DetectionIoU),
            ("detection, F1", DetectionF1),
            ("segmentation, mean IoU", SegmentationIoU),
        }.Where(score => !double.IsNaN(score.Item2)),
    ];
}
