using PaliGemma.Data.Shapes;
using PaliGemma.Evaluation.Datasets;
using PaliGemma.Evaluation.Metrics;
using PaliGemma.Imaging;
using PaliGemma.Tasks;
using PaliGemma.Tests;

namespace PaliGemma.Evaluation.Tests;

/// <summary>The benchmark of the small model, on scenes that are written as data and read back.</summary>
public sealed class DrawnScenesTests : IDisposable
{
    private const ulong Seed = 21;
    private const int Count = 40;

    private readonly TemporaryFolder _folder = new();

    /// <summary>The masks that codes stand for: the first two tell which.</summary>
    private readonly List<float[]> _masks = [];

    [Fact]
    public void Right_answers_score_100_in_every_task()
    {
        Example[] examples = Read();
        Assert.Equal(Count * Enum.GetValues<SceneTask>().Length, examples.Length);
        Measurement measured = Metric().Measure([.. examples.Select(example => new ExampleAnswer(example, RightAnswer(example), []))]);
        Assert.Equal(
            [
                "captions, exact", "counts", "colours", "presence", "words read", "detection, mean IoU", "detection, F1",
                "segmentation, mean IoU",
            ],
            measured.Details.Select(one => one.Name));
        // Locations are rounded to a thousandth of the picture, and masks to 64 x 64.
        Assert.All(measured.Details, one => Assert.InRange(one.Value, one.Name.StartsWith("seg", StringComparison.Ordinal) ? 90 : 97, 100));
        Assert.All(measured.Details.Take(5).Append(measured.Details[6]), one => Assert.Equal(100, one.Value));
        Assert.InRange(measured.Value, 97, 100);
        Assert.NotNull(measured.Interval);
    }

    [Fact]
    public void Scores_are_those_of_the_scorer_of_scenes()
    {
        Example[] examples = Read();
        string[] answers = [.. examples.Select((example, i) => i % 3 == 0 ? "nothing" : RightAnswer(example))];
        Measurement measured = Metric().Measure([.. examples.Zip(answers, (example, answer) => new ExampleAnswer(example, answer, []))]);
        SceneGenerator generator = new(Seed, new SceneOptions());
        SceneExaminer examiner = new(Seed, encodeMask: _ => null);
        SceneTask[] tasks = Enum.GetValues<SceneTask>();
        SceneScorer scorer = new();
        double[][] own = [.. tasks.Select(_ => new double[Count])];
        for (int i = 0; i < examples.Length; i++)
        {
            (int index, int task) = Math.DivRem(i, tasks.Length);
            Scene scene = generator.Draw(index);
            TaskOutput output = TaskOutputParser.ParseObjects(answers[i], scene.Image.Width, scene.Image.Height);
            DetectedObject[] found =
                [.. output.Objects.Select(one => one.MaskCodes is null ? one : one with { Mask = Place(one, scene.Image) })];
            own[task][index] = scorer.Add(scene.Shapes, examiner.Ask(scene, index, tasks[task]), output with { Objects = found });
        }
        foreach (((string name, double expected), NamedScore detail) in scorer.Scores.Named.Zip(measured.Details))
        {
            Assert.Equal(name, detail.Name);
            Assert.Equal(100 * expected, detail.Value, 1e-9);
        }
        Assert.Equal(100 * own.Average(scores => scores.Average()), measured.Value, 1e-9);
    }

    [Fact]
    public void Only_what_is_asked_for_is_marked()
    {
        Example[] examples = Read();
        Assert.All(
            examples.Where(example => TaskPrompt.Parse(example.Prompt) is not ObjectPrompt),
            example => Assert.Empty(example.Regions));
        Assert.Contains(examples, example => example.Regions.Count > 0);
        Assert.All(examples.Where(example => example.Subset is "detect" or "segment"), example => Assert.Equal(
            TaskOutputParser.ParseObjects(example.Answers[0], 100, 100).Objects.Count,
            example.Regions.Count));
    }

    [Theory]
    [InlineData("questions.jsonl", "\"subset\":\"caption\"", "\"subset\":\"count\"", "subset")]
    [InlineData("questions.jsonl", "\"subset\":\"caption\"", "\"subset\":\"3\"", "prefix")]
    [InlineData("questions.jsonl", "\"subset\":\"caption\"", "\"subset\":\"detect\"", "prefix")]
    [InlineData("questions.jsonl", "\"suffix\"", "\"answer\"", "suffix")]
    [InlineData("instances.json", "\"category_id\":1", "\"category_id\":99", "category_id")]
    [InlineData("instances.json", "\"image_id\":1", "\"image_id\":99", "image_id")]
    [InlineData("instances.json", "\"name\":\"", "\"name\":\"plaid ", "name")]
    public void Damaged_data_are_named_by_file_and_field(string file, string old, string changed, string field)
    {
        string path = Path.Combine(Write(count: 2), file);
        string text = File.ReadAllText(path);
        Assert.Contains(old, text, StringComparison.Ordinal);
        File.WriteAllText(path, text.Replace(old, changed, StringComparison.Ordinal));
        string message =
            Assert.Throws<ModelFileException>(() => DrawnScenes.Read(new DatasetFolder(Path.GetDirectoryName(path)!)).ToArray()).Message;
        Assert.Contains(file, message, StringComparison.Ordinal);
        Assert.Contains(field, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_decoder_of_masks_the_benchmark_says_how_to_get_one() => Assert.Contains(
        "mask-decoder",
        Assert.Throws<ModelFileException>(() => EvaluationTasks.Named("shapes").CreateMetric(null)).Message,
        StringComparison.Ordinal);

    public void Dispose() => _folder.Dispose();

    private string Write(int count)
    {
        string path = _folder.File("scenes");
        SceneFolder.Write(path, Seed, count);
        return path;
    }

    private Example[] Read() => [.. DrawnScenes.Read(new DatasetFolder(Write(Count)))];

    private SceneAccuracy Metric() => new(Decode);

    private float[] Decode(IReadOnlyList<int> codes) => _masks[(codes[0] * SegmentationTokens.Count) + codes[1]];

    private InstanceMask Place(DetectedObject found, RgbImage image) =>
        InstanceMask.Place(Decode(found.MaskCodes!), found.Box, image.Width, image.Height);

    /// <summary>The answer of the data; to segment, with codes for each shape's mask.</summary>
    private string RightAnswer(Example example)
    {
        if (example.Subset != "segment")
        {
            return example.Answers[0];
        }
        IReadOnlyList<string> things = ((ObjectPrompt)TaskPrompt.Parse(example.Prompt)).Things;
        return string.Join(ObjectText.Separator, example.Regions.Select(region =>
        {
            RunLengthEncoding mask = region.Mask!;
            Assert.True(EnglishShapes.TryParse(region.Label, out ShapeColor color, out ShapeKind kind));
            SceneShape shape = new(kind, color, InstanceMask.FromPicture(mask.ToMask(), mask.Width, mask.Height));
            int[] codes = new int[SegmentationTokens.PerMask];
            (codes[0], codes[1]) = Math.DivRem(_masks.Count, SegmentationTokens.Count);
            _masks.Add(Array.ConvertAll(shape.ToSquareMask(), value => (2 * value) - 1));
            return ObjectText.Format(things.Single(shape.IsCalled), shape.Box, codes);
        }));
    }
}
