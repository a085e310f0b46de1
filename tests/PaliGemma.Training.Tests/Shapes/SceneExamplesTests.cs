using PaliGemma.Data.Shapes;
using PaliGemma.Tasks;
using PaliGemma.Training.Cli.Shapes;
using PaliGemma.Training.Data;

namespace PaliGemma.Training.Tests.Shapes;

public class SceneExamplesTests
{
    private const int Side = 8;

    [Fact]
    public void An_example_depends_on_its_place_alone_whatever_threads_read_before()
    {
        TrainingExample[] inOrder = [.. Enumerable.Range(0, 30).Select(index => Create().Read(index))];
        SceneExamples shared = Create();
        TrainingExample[] together = new TrainingExample[inOrder.Length];
        Parallel.For(0, together.Length, index => together[together.Length - 1 - index] = shared.Read(together.Length - 1 - index));
        Assert.Equal(inOrder.Select(Describe), together.Select(Describe));
    }

    [Fact]
    public void Several_questions_are_asked_about_a_picture()
    {
        SceneExamples examples = Create();
        Assert.Same(examples.Read(3).Images[0], examples.Read(5).Images[0]);
        Assert.NotSame(examples.Read(2).Images[0], examples.Read(3).Images[0]);
    }

    [Fact]
    public void Image_tokens_know_the_part_of_the_answer_that_they_show()
    {
        SceneExamples examples = Create();
        for (int index = 0; index < 60; index++)
        {
            TrainingExample example = examples.Read(index);
            Assert.Equal(Side * Side, example.ImageParts.Count);
            if (example.Prefix.StartsWith("detect", StringComparison.Ordinal))
            {
                IReadOnlyList<DetectedObject> found = TaskOutputParser.ParseObjects(example.Suffix, 100, 100).Objects;
                Assert.All(example.ImageParts.Index().Where(token => token.Item > 0), token =>
                {
                    (int row, int column) = Math.DivRem(token.Index, Side);
                    BoundingBox box = found[(token.Item - 1) % SceneExample.SecondThing].Box;
                    Assert.InRange(row, (int)(box.Y1 * Side), (int)(box.Y2 * Side));
                    Assert.InRange(column, (int)(box.X1 * Side), (int)(box.X2 * Side));
                });
            }
        }
    }

    private static SceneExamples Create() => new(
        new SceneGenerator(3, new SceneOptions { WordShare = 0 }), new SceneExaminer(3), new SceneMixture(1, 1, 0.2, 2, 0), perScene: 3, Side);

    private static string Describe(TrainingExample example) =>
        $"{example.Prefix} -> {example.Suffix} {example.Images[0].Pixels.Aggregate(17, (hash, value) => unchecked((hash * 31) + value))}";
}
