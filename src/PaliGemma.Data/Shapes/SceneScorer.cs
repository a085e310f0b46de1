using PaliGemma.Tasks;

namespace PaliGemma.Data.Shapes;

/// <summary>Compares answers about scenes with the right ones, and adds up.</summary>
public sealed class SceneScorer
{
    /// <summary>The overlap from which on a found box is that of a shape.</summary>
    private const double SameObject = 0.5;

    private readonly Tally _captions = new(), _counts = new(), _colors = new(), _presence = new(), _words = new();
    private readonly Tally _boxOverlaps = new(), _boxes = new(), _maskOverlaps = new();

    /// <summary>The scores of all answers so far.</summary>
    public SceneScores Scores => new(
        _captions.Mean, _counts.Mean, _colors.Mean, _presence.Mean, _words.Mean, _boxOverlaps.Mean, _boxes.Mean, _maskOverlaps.Mean);

    /// <summary>Takes an answer.</summary>
    /// <param name="scene">What the question was about.</param>
    /// <param name="example">The question and the right answer.</param>
    /// <param name="output">The model's answer; its masks decoded, if it segments.</param>
    public void Add(Scene scene, SceneExample example, TaskOutput output)
    {
        ArgumentNullException.ThrowIfNull(scene);
        ArgumentNullException.ThrowIfNull(example);
        ArgumentNullException.ThrowIfNull(output);
        switch (example.Task)
        {
            case SceneTask.Caption:
                _captions.Add(output.Text == example.Suffix);
                break;
            case SceneTask.Answer:
                AnswersLike(example.Prefix).Add(output.Text == example.Suffix);
                break;
            case SceneTask.Ocr:
                string[] printed = Lines(example.Suffix);
                string[] read = Lines(output.Text);
                _words.Add(printed.Intersect(read, StringComparer.Ordinal).Count(), Math.Max(printed.Length, read.Length));
                break;
            case SceneTask.Detect:
                double[] overlaps = Overlaps(scene, example, output, (shape, found) => shape.Box.IntersectionOverUnion(found.Box));
                _boxOverlaps.Add(overlaps.Sum(), overlaps.Length);
                _boxes.Add(2 * overlaps.Count(overlap => overlap >= SameObject), overlaps.Length + output.Objects.Count);
                break;
            default:
                overlaps = Overlaps(
                    scene, example, output, (shape, found) => found.Mask is InstanceMask mask ? shape.Mask.IntersectionOverUnion(mask) : 0);
                _maskOverlaps.Add(overlaps.Sum(), overlaps.Length);
                break;
        }
    }

    private Tally AnswersLike(string question) =>
        question.Contains("how many", StringComparison.Ordinal) ? _counts
        : question.Contains("what color", StringComparison.Ordinal) ? _colors
        : _presence;

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>
    /// For each shape asked for the overlap with the object found for it, 0 if there is none: pairs of one name, the largest overlap first.
    /// </summary>
    private static double[] Overlaps(Scene scene, SceneExample example, TaskOutput output, Func<SceneShape, DetectedObject, double> overlap)
    {
        ObjectPrompt prompt = (ObjectPrompt)TaskPrompt.Parse(example.Prefix);
        (SceneShape Shape, string Name)[] wanted =
            [.. from shape in scene.Shapes from name in prompt.Things where shape.IsCalled(name) select (shape, name)];
        double[] overlaps = new double[wanted.Length];
        bool[] isPaired = new bool[wanted.Length];
        HashSet<DetectedObject> left = new(output.Objects, ReferenceEqualityComparer.Instance);
        var pairs =
            from index in Enumerable.Range(0, wanted.Length)
            from found in output.Objects
            where wanted[index].Name == found.Label
            orderby overlap(wanted[index].Shape, found) descending
            select (index, found);
        foreach ((int index, DetectedObject found) in pairs.ToArray())
        {
            if (!isPaired[index] && left.Remove(found))
            {
                isPaired[index] = true;
                overlaps[index] = overlap(wanted[index].Shape, found);
            }
        }
        return overlaps;
    }

    /// <summary>A part of a whole.</summary>
    private sealed class Tally
    {
        private double _part;
        private double _whole;

        public double Mean => _part / _whole;

        public void Add(bool right) => Add(right ? 1 : 0, 1);

        public void Add(double part, double whole)
        {
            _part += part;
            _whole += whole;
        }
    }
}
