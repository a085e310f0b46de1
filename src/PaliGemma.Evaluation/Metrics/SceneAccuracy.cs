using PaliGemma.Data.Shapes;
using PaliGemma.Tasks;

namespace PaliGemma.Evaluation.Metrics;

/// <summary>
/// What a model scores on drawn scenes, see <see cref="SceneScorer"/>: the mean over the tasks of the answers' own scores, and every score
/// by itself.
/// </summary>
/// <param name="decode">Gives the 64 x 64 mask of sixteen codes, see <see cref="MaskDecoder.Decode"/>.</param>
public sealed class SceneAccuracy(Func<IReadOnlyList<int>, float[]> decode) : Metric
{
    /// <inheritdoc/>
    public override string Name => "mean of tasks";

    /// <inheritdoc/>
    public override IReadOnlyList<double> Score(IReadOnlyList<ExampleAnswer> answers)
    {
        SceneScorer scorer = new();
        return [.. answers.Select(answer => AddTo(scorer, answer))];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<IReadOnlyList<double>> Strata(IReadOnlyList<ScoredAnswer> answers) => BySubset(answers);

    /// <inheritdoc/>
    public override IEnumerable<NamedScore> Details(IReadOnlyList<ScoredAnswer> answers)
    {
        SceneScorer scorer = new();
        foreach (ScoredAnswer one in answers)
        {
            AddTo(scorer, one.Answer);
        }
        return scorer.Scores.Named.Select(score => new NamedScore(score.Name, 100 * score.Value));
    }

    private double AddTo(SceneScorer scorer, ExampleAnswer answer)
    {
        Example example = answer.Example;
        SceneTask task = Enum.Parse<SceneTask>(example.Subset, ignoreCase: true);
        TaskOutput output = new(answer.Text, [], []);
        if (task is SceneTask.Detect or SceneTask.Segment)
        {
            (int width, int height) = BenchmarkPicture.ReadSize(example.Images[0]);
            output = TaskOutputParser.ParseObjects(answer.Text, width, height);
            if (task == SceneTask.Segment)
            {
                output = output with { Objects = [.. output.Objects.Select(found => WithMask(found, width, height))] };
            }
        }
        return scorer.Add([.. example.Regions.Select(ToShape)], new SceneExample(task, example.Prompt, example.Answers[0]), output);
    }

    private DetectedObject WithMask(DetectedObject found, int width, int height) => found.MaskCodes is { } codes
        ? found with { Mask = InstanceMask.Place(decode(codes), found.Box, width, height) }
        : found;

    private static SceneShape ToShape(AnnotatedRegion region) =>
        region.Mask is { } mask && EnglishShapes.TryParse(region.Label, out ShapeColor color, out ShapeKind kind)
            ? new SceneShape(kind, color, InstanceMask.FromPicture(mask.ToMask(), mask.Width, mask.Height))
            : throw new ArgumentException($"'{region.Label}' is no shape of a scene; expected a colour, a shape, and its mask.");
}
