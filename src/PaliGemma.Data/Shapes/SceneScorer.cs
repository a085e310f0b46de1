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
    /// <param name="shapes">The shapes of the scene that the question was about.</param>
    /// <param name="example">The question and the right answer.</param>
    /// <param name="output">The model's answer; its masks decoded, if it segments.</param>
    /// <returns>
    /// The answer's own score, 0 … 1: 1 for a right answer; words read, and overlaps of the objects found, divided by what was to be found
    /// or, if that is more, what was found.
    /// </returns>
    public double Add(IReadOnlyList<SceneShape> shapes, SceneExample example, TaskOutput output)
    {
        ArgumentNullException.ThrowIfNull(shapes);
        ArgumentNullException.ThrowIfNull(example);
        ArgumentNullException.ThrowIfNull(output);
        switch (example.Task)
        {
            case SceneTask.Caption:
                return _captions.Add(output.Text == example.Suffix);
            case SceneTask.Answer:
                return AnswersLike(example.Prefix).Add(output.Text == example.Suffix);
            case SceneTask.Ocr:
                string[] printed = Lines(example.Suffix);
                string[] read = Lines(output.Text);
                return _words.Add(printed.Intersect(read, StringComparer.Ordinal).Count(), Math.Max(printed.Length, read.Length));
            case SceneTask.Detect:
                double[] overlaps = Overlaps(shapes, example, output, (shape, found) => shape.Box.IntersectionOverUnion(found.Box));
                _boxOverlaps.Add(overlaps.Sum(), overlaps.Length);
                _boxes.Add(2 * overlaps.Count(overlap => overlap >= SameObject), overlaps.Length + output.Objects.Count);
                return OwnScore(overlaps, output);
            default:
                overlaps = Overlaps(
                    shapes,
                    example,
                    output,
                    (shape, found) => found.Mask is InstanceMask mask ? shape.Mask.IntersectionOverUnion(mask) : 0);
                _maskOverlaps.Add(overlaps.Sum(), overlaps.Length);
                return OwnScore(overlaps, output);
        }
    }

    private static double OwnScore(double[] overlaps, TaskOutput output) =>
        new Tally().Add(overlaps.Sum(), Math.Max(overlaps.Length, output.Objects.Count));

    private Tally AnswersLike(string question) =>
        question.Contains("how many", StringComparison.Ordinal) ? _counts
        : question.Contains("what color", StringComparison.Ordinal) ? _colors
        : _presence;

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>
    /// For each shape asked for the overlap with the object found for it, 0 if there is none: pairs of one name, the largest overlap first.
    /// </summary>
    private static double[] Overlaps(
        IReadOnlyList<SceneShape> shapes, SceneExample example, TaskOutput output, Func<SceneShape, DetectedObject, double> overlap)
    {
        ObjectPrompt prompt = (ObjectPrompt)TaskPrompt.Parse(example.Prefix);
        (SceneShape Shape, string Name)[] wanted =
            [.. from shape in shapes from name in prompt.Things where shape.IsCalled(name) select (shape, name)];
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

        public double Add(bool right) => Add(right ? 1 : 0, 1);

        /// <returns>The part of this whole alone; 1 where there is nothing of which it could be a part.</returns>
        public double Add(double part, double whole)
        {
            _part += part;
            _whole += whole;
            return whole == 0 ? 1 : part / whole;
        }
    }
}
