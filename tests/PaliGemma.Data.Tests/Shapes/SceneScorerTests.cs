using PaliGemma.Data.Shapes;
using PaliGemma.Tasks;

namespace PaliGemma.Data.Tests.Shapes;

public class SceneScorerTests
{
    private static readonly SceneGenerator Generator = new(8, new SceneOptions { WordShare = 0 });
    private static readonly SceneExaminer Examiner = new(8, encodeMask: _ => new int[SegmentationTokens.PerMask]);

    [Fact]
    public void Right_answers_score_1()
    {
        SceneScores scores = Score((scene, example) => new TaskOutput(example.Suffix, Found(scene, example), []));
        Assert.Equal((1, 1, 1, 1), (scores.Captions, scores.Counts, scores.Colors, scores.Presence));
        Assert.Equal((1, 1, 1), (scores.DetectionIoU, scores.DetectionF1, scores.SegmentationIoU));
        Assert.True(double.IsNaN(scores.Words));
    }

    [Fact]
    public void No_answers_score_0()
    {
        SceneScores scores = Score((_, _) => new TaskOutput("", [], []));
        Assert.Equal((0, 0, 0, 0), (scores.Captions, scores.Counts, scores.Colors, scores.Presence));
        Assert.Equal((0, 0, 0), (scores.DetectionIoU, scores.DetectionF1, scores.SegmentationIoU));
    }

    [Fact]
    public void What_is_found_twice_costs_precision_alone()
    {
        SceneScores scores = Score((scene, example) => new TaskOutput(example.Suffix, [.. Found(scene, example), .. Found(scene, example)], []));
        Assert.Equal(1, scores.DetectionIoU);
        Assert.Equal(2 / 3.0, scores.DetectionF1, 1e-9);
    }

    [Fact]
    public void What_has_another_name_is_not_what_was_asked_for()
    {
        SceneScores scores = Score((scene, example) => new TaskOutput(
            example.Suffix, [.. Found(scene, example).Select(found => found with { Label = "thing" })], []));
        Assert.Equal((0, 0), (scores.DetectionIoU, scores.DetectionF1));
    }

    [Theory]
    [InlineData("owl\ntea", "owl\ntea", 1)]
    [InlineData("owl\ntea", "tea", 0.5)]
    [InlineData("owl", "owl\ntea", 0.5)]
    [InlineData("", "tea", 0)]
    public void Words_count_whether_printed_or_read(string printed, string read, double expected)
    {
        SceneScorer scorer = new();
        double own = scorer.Add([], new SceneExample(SceneTask.Ocr, "ocr", printed), new TaskOutput(read, [], []));
        Assert.Equal((expected, expected), (scorer.Scores.Words, own));
    }

    [Fact]
    public void Seeing_nothing_where_nothing_is_is_right()
    {
        SceneScorer scorer = new();
        TaskOutput nothing = new("", [], []);
        Assert.Equal(1, scorer.Add([], new SceneExample(SceneTask.Ocr, "ocr", ""), nothing));
        Assert.Equal(1, scorer.Add([], new SceneExample(SceneTask.Detect, "detect star", ""), nothing));
        Assert.Equal(1, scorer.Add([], new SceneExample(SceneTask.Segment, "segment star", ""), nothing));
        Assert.Empty(scorer.Scores.Named);
    }

    [Fact]
    public void An_answer_of_its_own_loses_by_what_is_found_too_often()
    {
        SceneScorer scorer = new();
        Scene scene = Generator.Draw(1);
        SceneExample example = new(SceneTask.Detect, $"detect {EnglishShapes.Name(scene.Shapes[0].Kind)}", "");
        DetectedObject[] found = Found(scene, example);
        Assert.Equal(1, scorer.Add(scene.Shapes, example, new TaskOutput("", found, [])), 1e-6);
        Assert.Equal(0.5, scorer.Add(scene.Shapes, example, new TaskOutput("", [.. found, .. found], [])), 1e-6);
        Assert.Equal(0, scorer.Add(scene.Shapes, example, new TaskOutput("", [], [])));
    }

    private static SceneScores Score(Func<Scene, SceneExample, TaskOutput> answer)
    {
        SceneScorer scorer = new();
        for (int index = 0; index < 40; index++)
        {
            Scene scene = Generator.Draw(index);
            foreach (SceneTask task in Enum.GetValues<SceneTask>().Where(task => task != SceneTask.Ocr))
            {
                SceneExample example = Examiner.Ask(scene, index, task);
                scorer.Add(scene.Shapes, example, answer(scene, example));
            }
        }
        return scorer.Scores;
    }

    /// <summary>Everything that an example asks for, exactly where it is.</summary>
    private static DetectedObject[] Found(Scene scene, SceneExample example) => TaskPrompt.Parse(example.Prefix) is ObjectPrompt prompt
        ?
        [
            .. from shape in scene.Shapes
               from name in prompt.Things
               where shape.IsCalled(name)
               select new DetectedObject(name, shape.Box, shape.Box.ToPixels(scene.Image.Width, scene.Image.Height), null, null, shape.Mask),
        ]
        : [];
}
