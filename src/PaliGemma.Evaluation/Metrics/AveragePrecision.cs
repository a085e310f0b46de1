using PaliGemma.Tasks;

namespace PaliGemma.Evaluation.Metrics;

/// <summary>
/// COCO's average precision of the objects in answers, see <see cref="CocoDetection"/>; an answer's own score is its AP50.
/// </summary>
public sealed class AveragePrecision : Metric
{
    /// <inheritdoc/>
    public override string Name => "AP";

    /// <inheritdoc/>
    public override bool NeedsAnswers => false;

    /// <inheritdoc/>
    public override IReadOnlyList<double> Score(IReadOnlyList<ExampleAnswer> answers) =>
        [.. answers.Select(answer => Math.Max(0, CocoDetection.Score([Read(answer)]).Ap50))];

    /// <inheritdoc/>
    public override IReadOnlyList<IReadOnlyList<double>> Strata(IReadOnlyList<ScoredAnswer> answers) => [];

    /// <inheritdoc/>
    public override IEnumerable<NamedScore> Details(IReadOnlyList<ScoredAnswer> answers)
    {
        CocoScores scores = ScoreTogether(answers);
        return
        [
            new("AP50", Percent(scores.Ap50)), new("AP75", Percent(scores.Ap75)),
            new("AP small", Percent(scores.ApSmall)), new("AP medium", Percent(scores.ApMedium)), new("AP large", Percent(scores.ApLarge)),
            new("AR1", Percent(scores.Ar1)), new("AR10", Percent(scores.Ar10)), new("AR100", Percent(scores.Ar100)),
            new("AR small", Percent(scores.ArSmall)), new("AR medium", Percent(scores.ArMedium)), new("AR large", Percent(scores.ArLarge)),
        ];
    }

    /// <inheritdoc/>
    protected override double Value(IReadOnlyList<ScoredAnswer> answers) => Percent(ScoreTogether(answers).Ap);

    /// <summary>The reference's -1, where there is nothing to find, is no number.</summary>
    private static double Percent(double score) => score < 0 ? double.NaN : 100 * score;

    private static CocoScores ScoreTogether(IReadOnlyList<ScoredAnswer> answers) =>
        CocoDetection.Score([.. answers.Select(one => Read(one.Answer))]);

    private static DetectedPicture Read(ExampleAnswer answer)
    {
        (int width, int height) = BenchmarkPicture.ReadSize(answer.Example.Images[0]);
        IReadOnlyList<DetectedObject> objects = TaskOutputParser.ParseObjects(answer.Text, width, height).Objects;
        IEnumerable<ScoredRegion> found = objects.Select((thing, i) => new ScoredRegion(
            thing.Label,
            thing.PixelBox.X1,
            thing.PixelBox.Y1,
            thing.PixelBox.Width,
            thing.PixelBox.Height,
            i < answer.ObjectScores.Count ? answer.ObjectScores[i] : 0));
        return new DetectedPicture(answer.Example.Regions, [.. found]);
    }
}
