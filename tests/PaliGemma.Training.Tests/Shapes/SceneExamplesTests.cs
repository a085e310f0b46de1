using PaliGemma.Data.Shapes;
using PaliGemma.Training.Cli.Shapes;
using PaliGemma.Training.Data;

namespace PaliGemma.Training.Tests.Shapes;

public class SceneExamplesTests
{
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

    private static SceneExamples Create() => new(
        new SceneGenerator(3, new SceneOptions { WordShare = 0 }), new SceneExaminer(3), new SceneMixture(1, 1, 0.2, 2, 0), perScene: 3);

    private static string Describe(TrainingExample example) =>
        $"{example.Prefix} -> {example.Suffix} {example.Images[0].Pixels.Aggregate(17, (hash, value) => unchecked((hash * 31) + value))}";
}
