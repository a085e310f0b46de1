using PaliGemma.Training.Data;
using PaliGemma.Training.Objective;
using static TorchSharp.torch;

namespace PaliGemma.Training.Tests.Objective;

public class AnswerPartReaderTests
{
    private static readonly TrainingOptions Options =
        new() { BatchSize = 4, Steps = 60, WarmUpSteps = 2, LearningRate = 1e-2, AnswerPartWeight = 1, Seed = 7 };

    [Fact]
    public void A_reader_that_knows_nothing_holds_all_parts_for_as_likely()
    {
        using ToyRun toy = new();
        using AnswerPartReader reader = new(toy.Model.Config.Text);
        using var scope = NewDisposeScope();
        using TrainingBatch batch = new([toy.Encoder.Encode(new Numbered(toy.Examples).Read(2))], toy.Model.Config);
        Tensor state = rand([1, batch.Length, toy.Model.Config.Text.HiddenSize]);
        (Tensor loss, double right) = reader.Compare(state, batch);
        Assert.Equal(Math.Log(AnswerPartReader.MostParts + 1), loss.item<float>(), 1e-5);
        Assert.Equal(0, right);
    }

    [Fact]
    public void Parts_and_answers_are_learnt_together()
    {
        using ToyRun toy = new();
        using Trainer trainer = new(toy.Model, new Numbered(toy.Examples), toy.Encoder, Options);
        TrainingStep[] steps = [.. trainer.Run(TestContext.Current.CancellationToken)];
        Assert.InRange(steps[0].PartsRight, 0, 0.6);
        Assert.Equal(1, steps[^1].PartsRight);
        Assert.InRange(steps[^1].Loss, 0, 0.2);
    }

    [Fact]
    public void Threads_side_by_side_learn_the_same_parts_each_time()
    {
        using ToyRun one = new();
        using ToyRun two = new();
        TrainingOptions options = Options with { Workers = 2, MicroBatchSize = 1 };
        using Trainer trainer = new(one.Model, new Numbered(one.Examples), one.Encoder, options);
        using Trainer again = new(two.Model, new Numbered(two.Examples), two.Encoder, options);
        Assert.Equal(
            trainer.Run(TestContext.Current.CancellationToken).Take(5).Select(step => (step.Loss, step.PartsRight)),
            again.Run(TestContext.Current.CancellationToken).Take(5).Select(step => (step.Loss, step.PartsRight)));
        Assert.Equal(one.Weights(), two.Weights());
    }

    [Fact]
    public void Examples_without_parts_are_refused()
    {
        using ToyRun toy = new();
        using Trainer trainer = toy.Trainer(Options);
        Assert.Throws<ArgumentException>(() => trainer.Run(TestContext.Current.CancellationToken).First());
    }

    [Fact]
    public void Checkpoints_of_activations_are_refused() =>
        Assert.Throws<ArgumentException>(() => (Options with { CheckpointActivations = true }).Validate());

    /// <summary>Says that the answer's part of the colour's number is about the first image token, and none about the others.</summary>
    private sealed class Numbered(IExampleSource examples) : IExampleSource
    {
        public TrainingExample Read(long index) =>
            examples.Read(index) with { ImageParts = [1 + (int)(index % ToyRun.Colors.Length), 0, 0, 0] };
    }
}
