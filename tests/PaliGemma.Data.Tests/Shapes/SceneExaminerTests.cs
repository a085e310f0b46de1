using PaliGemma.Data.Shapes;
using PaliGemma.Imaging;
using PaliGemma.Tasks;

namespace PaliGemma.Data.Tests.Shapes;

public class SceneExaminerTests
{
    private static readonly SceneExaminer Examiner = new(5, encodeMask: _ => [.. Enumerable.Range(0, SegmentationTokens.PerMask)]);

    public static TheoryData<string, string> Captions => new()
    {
        { "caption en", "a red circle, two blue stars, an orange cross and a word" },
        { "caption es", "un círculo rojo, dos estrellas azules, una cruz naranja y una palabra" },
        { "caption fr", "un cercle rouge, deux étoiles bleues, une croix orange et un mot" },
    };

    [Theory]
    [MemberData(nameof(Captions))]
    public void A_caption_names_what_is_alike_together(string prompt, string expected)
    {
        Scene scene = CreateScene(
            [(ShapeKind.Star, ShapeColor.Blue), (ShapeKind.Cross, ShapeColor.Orange), (ShapeKind.Circle, ShapeColor.Red), (ShapeKind.Star, ShapeColor.Blue)], ["owl"]);
        SceneExample[] captions = [.. Enumerable.Range(0, 40).Select(repetition => Examiner.Ask(scene, 0, SceneTask.Caption, repetition))];
        Assert.Contains(captions, example => example.Prefix == prompt);
        Assert.All(captions.Where(example => example.Prefix == prompt), example => Assert.Equal(expected, example.Suffix));
    }

    [Fact]
    public void Answers_count_and_name_colours()
    {
        Scene scene = CreateScene([(ShapeKind.Star, ShapeColor.Blue), (ShapeKind.Star, ShapeColor.Blue), (ShapeKind.Cross, ShapeColor.Red)], []);
        Dictionary<string, string> answers = [];
        for (int repetition = 0; repetition < 400; repetition++)
        {
            SceneExample example = Examiner.Ask(scene, 0, SceneTask.Answer, repetition);
            Assert.Equal(example.Suffix, answers.GetValueOrDefault(example.Prefix, example.Suffix));
            answers[example.Prefix] = example.Suffix;
        }
        Assert.Equal("2", answers["answer en how many stars are there?"]);
        Assert.Equal("2", answers["answer en how many blue stars are there?"]);
        Assert.Equal("3", answers["answer en how many shapes are there?"]);
        Assert.Equal("red", answers["answer en what color is the cross?"]);
        Assert.Equal("none", answers["answer en what color is the circle?"]);
        Assert.Equal("yes", answers["answer en is there a blue star?"]);
        Assert.Equal("no", answers["answer en is there a circle?"]);
    }

    [Fact]
    public void Parts_say_which_part_of_the_answer_is_about_what()
    {
        Scene scene = CreateScene(
            [(ShapeKind.Star, ShapeColor.Blue), (ShapeKind.Cross, ShapeColor.Orange), (ShapeKind.Circle, ShapeColor.Red), (ShapeKind.Star, ShapeColor.Blue)],
            ["owl", "tea"]);
        Dictionary<string, IReadOnlyList<int>> parts = [];
        for (int repetition = 0; repetition < 400; repetition++)
        {
            foreach (SceneTask task in Enum.GetValues<SceneTask>())
            {
                SceneExample example = Examiner.Ask(scene, 0, task, repetition);
                parts[example.Prefix] = example.Parts;
            }
        }
        Assert.Equal([2, 3, 1, 2, 4, 4], parts["caption en"]);
        Assert.Equal([1, 0, 0, 2, 0, 0], parts["answer en how many stars are there?"]);
        Assert.Equal([1, 2, 3, 4, 0, 0], parts["answer en how many shapes are there?"]);
        Assert.Equal([0, 1, 0, 0, 0, 0], parts["answer en what color is the cross?"]);
        Assert.Equal([0, 0, 0, 0, 0, 0], parts["answer en is there a square?"]);
        Assert.Equal([0, 0, 0, 0, 1, 2], parts["ocr"]);
        Assert.Equal([1, 0, 2 + SceneExample.SecondThing, 3, 0, 0], parts["detect star ; red circle"]);
        Assert.Equal([1, 0, 0, 2, 0, 0], parts["segment blue star"]);
    }

    [Fact]
    public void Words_are_read_line_by_line_and_nothing_is_read_where_there_are_none()
    {
        Assert.Equal(new SceneExample(SceneTask.Ocr, "ocr", "owl\ntea"), Examiner.Ask(CreateScene([], ["owl", "tea"]), 0, SceneTask.Ocr));
        Assert.Equal("", Examiner.Ask(CreateScene([(ShapeKind.Star, ShapeColor.Blue)], []), 0, SceneTask.Ocr).Suffix);
    }

    [Theory]
    [InlineData(SceneTask.Detect)]
    [InlineData(SceneTask.Segment)]
    public void Objects_are_all_those_asked_for_as_the_parser_reads_them(SceneTask task)
    {
        SceneGenerator generator = new(6, new SceneOptions { WordShare = 0 });
        for (int index = 0; index < 60; index++)
        {
            Scene scene = generator.Draw(index);
            SceneExample example = Examiner.Ask(scene, index, task);
            Assert.True(ObjectText.IsWellFormed(example.Suffix), example.Suffix);
            ObjectPrompt prompt = Assert.IsAssignableFrom<ObjectPrompt>(TaskPrompt.Parse(example.Prefix));
            int wanted = scene.Shapes.Count(shape => prompt.Things.Any(shape.IsCalled));
            IReadOnlyList<DetectedObject> found = TaskOutputParser.ParseObjects(example.Suffix, scene.Image.Width, scene.Image.Height).Objects;
            Assert.Equal(wanted, found.Count);
            Assert.All(found, one => Assert.Contains(one.Label, prompt.Things));
            Assert.All(found, one => Assert.Equal(task == SceneTask.Segment, one.MaskCodes is not null));
        }
    }

    [Fact]
    public void Hard_questions_are_about_shapes_that_begin_at_nearly_the_height_of_another_and_no_fewer_are_about_nothing()
    {
        SceneGenerator generator = new(9, new SceneOptions { FewestShapes = 3, WordShare = 0 });
        Scene[] scenes = [.. Enumerable.Range(0, 60).Select(index => generator.Draw(index))];
        (double usualGap, int usuallyNothing) = Ask(0);
        (double hardGap, int nothing) = Ask(1);
        Assert.InRange(hardGap, 0, 0.7 * usualGap);
        Assert.Equal(usuallyNothing, nothing);

        (double MeanGap, int Nothing) Ask(double hardShare)
        {
            SceneExaminer examiner = new(5, secondShare: 0) { HardShare = hardShare };
            SceneExample[] examples = [.. scenes.Select((scene, index) => examiner.Ask(scene, index, SceneTask.Detect))];
            IEnumerable<double> gaps = scenes.Zip(examples).Where(one => one.Second.Suffix.Length > 0).Select(one => one.First.Shapes
                .Where(shape => shape.IsCalled(one.Second.Prefix["detect ".Length..]))
                .Min(shape => one.First.Shapes.Where(other => other != shape).Min(other => Math.Abs(other.Box.Y1 - (double)shape.Box.Y1))));
            return (gaps.Average(), examples.Count(example => example.Suffix.Length == 0));
        }
    }

    [Fact]
    public void Noise_moves_things_in_the_order_that_begin_at_nearly_the_same_height()
    {
        const double Noise = 0.12;
        SceneExaminer strict = new(5, secondShare: 0), noisy = new(5, secondShare: 0) { OrderNoise = Noise };
        Scene scene = CreateScene([.. Enumerable.Repeat((ShapeKind.Star, ShapeColor.Blue), 4)], []);
        HashSet<string> orders = [];
        for (int repetition = 0; repetition < 100; repetition++)
        {
            SceneExample example = noisy.Ask(scene, 0, SceneTask.Detect, repetition);
            Assert.Equal(strict.Ask(scene, 0, SceneTask.Detect, repetition).Prefix, example.Prefix);
            IReadOnlyList<DetectedObject> found = TaskOutputParser.ParseObjects(example.Suffix, 100, 100).Objects;
            // Of things a tenth of the height apart, only neighbours and those two places apart come within twice the noise.
            Assert.All(found.Zip(found.Skip(1)), pair => Assert.InRange(pair.Second.Box.Y1 - pair.First.Box.Y1, -2 * Noise, 1));
            if (found.Count > 0)
            {
                Assert.Equal([.. scene.Shapes.Select(shape => 1 + found.ToList().FindIndex(one => Math.Abs(one.Box.Y1 - shape.Box.Y1) < 0.01))], example.Parts);
                orders.Add(string.Join(' ', example.Parts));
            }
        }
        Assert.Contains("1 2 3 4", orders);
        Assert.InRange(orders.Count, 3, 24);
    }

    [Fact]
    public void What_is_asked_about_a_scene_does_not_change()
    {
        Scene scene = CreateScene([(ShapeKind.Star, ShapeColor.Blue), (ShapeKind.Circle, ShapeColor.Red)], []);
        foreach (SceneTask task in Enum.GetValues<SceneTask>())
        {
            Assert.Equal(Examiner.Ask(scene, 3, task, 1), Examiner.Ask(scene, 3, task, 1));
        }
    }

    private static Scene CreateScene((ShapeKind Kind, ShapeColor Color)[] shapes, string[] words)
    {
        const int Side = 100;
        return new Scene(
            new RgbImage(Side, Side, new byte[3 * Side * Side]),
            [.. shapes.Select((shape, i) => new SceneShape(shape.Kind, shape.Color, new InstanceMask(Side, Side, 10 * i, 10 * i, 1, 1, [255])))],
            [.. words.Select((word, i) => new SceneWord(word, new BoundingBox(0.1f * i, 0, 0.1f, 1), []))]);
    }
}
