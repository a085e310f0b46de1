using PaliGemma.Generation;
using PaliGemma.Tasks;

namespace PaliGemma.Data.Shapes;

/// <summary>What a model scores on scenes.</summary>
/// <param name="Captions">Captions that are right to the letter, 0 … 1.</param>
/// <param name="Counts">Right answers to "how many".</param>
/// <param name="Colors">Right answers to "what color".</param>
/// <param name="Presence">Right answers to "is there".</param>
/// <param name="Words">Printed words that are read, among those printed and those read by mistake.</param>
/// <param name="DetectionIoU">Mean over the shapes asked for of the overlap of their box with that of the object found for it; 0 for a missed one.</param>
/// <param name="DetectionF1">Harmonic mean of precision and recall of found boxes that overlap a shape's by half or more.</param>
/// <param name="SegmentationIoU">Like <paramref name="DetectionIoU"/>, of masks in pixels.</param>
public sealed record SceneScores(
    double Captions, double Counts, double Colors, double Presence, double Words, double DetectionIoU, double DetectionF1, double SegmentationIoU)
{
    private const float SameObject = 0.5f;

    /// <summary>Asks a model one thing of each task about each of some scenes.</summary>
    /// <param name="model">The model.</param>
    /// <param name="masks">Decodes its masks; null leaves segmentation out.</param>
    /// <param name="generator">Draws the scenes: of a seed that the model was not trained with.</param>
    /// <param name="examiner">Asks.</param>
    /// <param name="count">How many scenes.</param>
    /// <param name="progress">Is told the part that is done, 0 … 1.</param>
    /// <param name="cancellation">Stops between scenes.</param>
    public static SceneScores Measure(
        PaliGemmaPipeline model,
        MaskDecoder? masks,
        SceneGenerator generator,
        SceneExaminer examiner,
        int count,
        Action<double>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(generator);
        ArgumentNullException.ThrowIfNull(examiner);
        TaskOptions options = new() { MaskDecoder = masks };
        Tally captions = new(), counts = new(), colors = new(), presence = new(), words = new(), boxes = new(), found = new(), shapes = new();
        for (int index = 0; index < count; index++)
        {
            cancellation.ThrowIfCancellationRequested();
            Scene scene = generator.Draw(index);
            List<SceneExample> examples =
                [.. ((ReadOnlySpan<SceneTask>)[SceneTask.Caption, SceneTask.Answer, SceneTask.Ocr, SceneTask.Detect]).ToArray().Select(task => examiner.Ask(scene, index, task))];
            if (masks is not null)
            {
                examples.Add(examiner.Ask(scene, index, SceneTask.Segment));
            }
            IReadOnlyList<TaskOutput> outputs =
                model.Run(scene.Image, [.. examples.Select(example => TaskPrompt.Parse(example.Prefix))], options, cancellation);
            foreach ((SceneExample example, TaskOutput output) in examples.Zip(outputs))
            {
                switch (example.Task)
                {
                    case SceneTask.Caption:
                        captions.Add(output.Text == example.Suffix);
                        break;
                    case SceneTask.Answer:
                        Tally tally = example.Prefix.Contains("how many", StringComparison.Ordinal) ? counts
                            : example.Prefix.Contains("what color", StringComparison.Ordinal) ? colors
                            : presence;
                        tally.Add(output.Text == example.Suffix);
                        break;
                    case SceneTask.Ocr:
                        AddWords(words, Lines(example.Suffix), Lines(output.Text));
                        break;
                    case SceneTask.Detect:
                        AddObjects(scene, example, output, boxes, found, BoxOverlap);
                        break;
                    default:
                        AddObjects(scene, example, output, shapes, new Tally(), MaskOverlap);
                        break;
                }
            }
            progress?.Invoke((index + 1.0) / count);
        }
        return new SceneScores(
            captions.Mean, counts.Mean, colors.Mean, presence.Mean, words.Mean, boxes.Mean, found.Mean, shapes.Mean);
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static void AddWords(Tally words, string[] printed, string[] read)
    {
        int right = printed.Intersect(read, StringComparer.Ordinal).Count();
        words.Add(right, Math.Max(printed.Length, read.Length));
    }

    /// <summary>Pairs shapes with found objects of their name, the largest overlap first.</summary>
    private static void AddObjects(
        Scene scene, SceneExample example, TaskOutput output, Tally overlaps, Tally f1, Func<SceneShape, DetectedObject, double> overlap)
    {
        ObjectPrompt prompt = (ObjectPrompt)TaskPrompt.Parse(example.Prefix);
        List<(SceneShape Shape, string Name)> wanted =
            [.. from shape in scene.Shapes from thing in prompt.Things where IsNamed(shape, thing) select (shape, thing)];
        List<DetectedObject> objects = [.. output.Objects];
        int total = wanted.Count + objects.Count;
        int same = 0;
        IEnumerable<(double Overlap, (SceneShape, string) Wanted, DetectedObject Found)> pairs =
            from want in wanted
            from one in objects
            where want.Name == one.Label
            select (overlap(want.Shape, one), want, one);
        double sum = 0;
        int shapeCount = wanted.Count;
        foreach ((double value, (SceneShape, string) want, DetectedObject one) in pairs.OrderByDescending(pair => pair.Overlap).ToArray())
        {
            if (wanted.Contains(want) && objects.Remove(one))
            {
                wanted.Remove(want);
                sum += value;
                same += value >= SameObject ? 1 : 0;
            }
        }
        overlaps.Add(sum, shapeCount);
        f1.Add(2 * same, total);
    }

    private static bool IsNamed(SceneShape shape, string thing) =>
        thing == EnglishShapes.Name(shape.Kind) || thing == $"{EnglishShapes.Name(shape.Color)} {EnglishShapes.Name(shape.Kind)}";

    private static double BoxOverlap(SceneShape shape, DetectedObject found) => shape.Box.IntersectionOverUnion(found.Box);

    private static double MaskOverlap(SceneShape shape, DetectedObject found) => found.Mask is InstanceMask mask ? shape.Mask.IntersectionOverUnion(mask) : 0;

    /// <summary>A sum of parts of a whole.</summary>
    private sealed class Tally
    {
        private double _sum;
        private double _whole;

        /// <summary>Not a number where nothing was counted.</summary>
        public double Mean => _sum / _whole;

        public void Add(bool right) => Add(right ? 1 : 0, 1);

        public void Add(double sum, double whole)
        {
            _sum += sum;
            _whole += whole;
        }
    }
}
