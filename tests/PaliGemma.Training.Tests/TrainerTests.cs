using PaliGemma.Generation;
using PaliGemma.Imaging;
using PaliGemma.Tests;

namespace PaliGemma.Training.Tests;

public class TrainerTests
{
    private static readonly TrainingOptions Options = new() { BatchSize = 4, Steps = 12, WarmUpSteps = 2, LearningRate = 1e-2, WeightDecay = 1e-3, Seed = 7 };

    [Fact]
    public void Overfitting_a_few_examples_drives_the_loss_to_zero()
    {
        using ToyRun toy = new();
        using Trainer trainer = toy.Trainer(Options with { Steps = 120, WarmUpSteps = 5 });
        List<TrainingStep> steps = [.. trainer.Run(TestContext.Current.CancellationToken)];
        Assert.Equal(120, steps.Count);
        Assert.True(steps[0].Loss > 3, $"The loss began at {steps[0].Loss}.");
        Assert.True(steps[^1].Loss < 0.01, $"The loss ended at {steps[^1].Loss}.");
    }

    [Fact]
    public void A_resumed_run_ends_with_the_weights_of_one_without_a_stop()
    {
        using TemporaryFolder folder = new();
        string file = folder.File("state.safetensors");
        using ToyRun whole = new();
        using Trainer uninterrupted = whole.Trainer(Options);
        double[] losses = [.. uninterrupted.Run(TestContext.Current.CancellationToken).Select(step => step.Loss)];

        using ToyRun first = new();
        using Trainer interrupted = first.Trainer(Options);
        foreach (TrainingStep step in interrupted.Run(TestContext.Current.CancellationToken))
        {
            Assert.Equal(losses[step.Step], step.Loss);
            if (step.Step == 4)
            {
                interrupted.Save(file);
                break;
            }
        }
        using ToyRun second = new();
        using Trainer resumed = second.Trainer(Options);
        resumed.Resume(file);
        Assert.Equal(5, resumed.StepsDone);
        Assert.Equal(losses[5..], resumed.Run(TestContext.Current.CancellationToken).Select(step => step.Loss));
        Assert.Equal(whole.Weights(), second.Weights());
    }

    [Fact]
    public void Threads_side_by_side_give_the_gradients_of_one_and_the_same_bits_each_time()
    {
        using ToyRun one = new();
        using ToyRun three = new();
        using ToyRun again = new();
        using Trainer alone = one.Trainer(Options);
        using Trainer together = three.Trainer(Options with { Workers = 3, MicroBatchSize = 1 });
        using Trainer repeated = again.Trainer(Options with { Workers = 3, MicroBatchSize = 1 });
        TrainingStep[] expected = [.. alone.Run(TestContext.Current.CancellationToken).Take(3)];
        TrainingStep[] actual = [.. together.Run(TestContext.Current.CancellationToken).Take(3)];
        Assert.Equal(actual.Select(step => step.Loss), repeated.Run(TestContext.Current.CancellationToken).Take(3).Select(step => step.Loss));
        Assert.Equal(three.Weights(), again.Weights());
        Assert.All(expected.Zip(actual), pair =>
        {
            Assert.Equal(pair.First.Loss, pair.Second.Loss, 1e-5);
            Assert.Equal(pair.First.GradientNorm, pair.Second.GradientNorm, 1e-3 * pair.First.GradientNorm);
        });
    }

    [Fact]
    public void Products_in_bfloat16_learn_as_well()
    {
        using ToyRun toy = new();
        toy.Model.Parameters.ProductType = TorchSharp.torch.ScalarType.BFloat16;
        using Trainer trainer = toy.Trainer(Options with { Steps = 60, WarmUpSteps = 5, MatrixLearningRate = 0.02 });
        TrainingStep[] steps = [.. trainer.Run(TestContext.Current.CancellationToken)];
        Assert.True(steps[^1].Loss < 0.1, $"The loss ended at {steps[^1].Loss}.");
    }

    [Fact]
    public void Workers_share_a_batch_that_is_not_divided_otherwise()
    {
        using ToyRun whole = new();
        using ToyRun parts = new();
        using Trainer undivided = whole.Trainer(Options with { Steps = 2, Workers = 2 });
        using Trainer divided = parts.Trainer(Options with { Steps = 2, Workers = 2, MicroBatchSize = 2 });
        Assert.Equal(
            divided.Run(TestContext.Current.CancellationToken).Select(step => step.Loss),
            undivided.Run(TestContext.Current.CancellationToken).Select(step => step.Loss));
        Assert.Equal(parts.Weights(), whole.Weights());
    }

    [Fact]
    public void Dropout_on_several_threads_is_refused_because_it_could_not_be_repeated() =>
        Assert.Throws<ArgumentException>(() => (Options with { Workers = 2, Dropout = 0.1 }).Validate());

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Parts_of_a_batch_add_up_to_its_gradients(int microBatchSize)
    {
        using ToyRun whole = new();
        using ToyRun parts = new();
        using Trainer together = whole.Trainer(Options with { Steps = 3 });
        using Trainer apart = parts.Trainer(Options with { Steps = 3, MicroBatchSize = microBatchSize });
        foreach ((TrainingStep expected, TrainingStep actual) in together.Run(TestContext.Current.CancellationToken)
            .Zip(apart.Run(TestContext.Current.CancellationToken)))
        {
            Assert.Equal(expected.Loss, actual.Loss, 1e-5);
            Assert.Equal(expected.GradientNorm, actual.GradientNorm, 1e-3 * expected.GradientNorm);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.2)]
    public void Computing_activations_again_changes_no_gradient(double dropout)
    {
        using ToyRun kept = new();
        using ToyRun again = new();
        using Trainer keeping = kept.Trainer(Options with { Dropout = dropout });
        using Trainer computing = again.Trainer(Options with { Dropout = dropout, CheckpointActivations = true });
        Assert.Equal(
            keeping.Run(TestContext.Current.CancellationToken).Select(step => step.Loss),
            computing.Run(TestContext.Current.CancellationToken).Select(step => step.Loss));
        Tensors.AssertClose("weights", kept.Weights(), again.Weights(), 1e-6);
    }

    [Fact]
    public void Weights_in_sixteen_bits_learn_too_and_resume_bit_by_bit()
    {
        using TemporaryFolder folder = new();
        string file = folder.File("state.safetensors");
        TrainingOptions options = Options with { Steps = 60, WarmUpSteps = 5 };
        using ToyRun whole = new(Checkpoints.ElementType.BFloat16);
        using Trainer trainer = whole.Trainer(options);
        double loss = 0;
        foreach (TrainingStep step in trainer.Run(TestContext.Current.CancellationToken))
        {
            loss = step.Loss;
            if (step.Step == 29)
            {
                trainer.Save(file);
            }
        }
        Assert.True(loss < 0.5, $"The loss ended at {loss}.");
        using ToyRun second = new(Checkpoints.ElementType.BFloat16);
        using Trainer resumed = second.Trainer(options);
        resumed.Resume(file);
        Assert.Equal(loss, resumed.Run(TestContext.Current.CancellationToken).Last().Loss);
        Assert.Equal(whole.Weights(), second.Weights());
    }

    [Fact]
    public void What_is_frozen_keeps_its_bits()
    {
        using ToyRun toy = new();
        foreach (var parameter in toy.Model.Parameters)
        {
            parameter.IsTrainable = parameter.Name.StartsWith("multi_modal_projector.", StringComparison.Ordinal);
        }
        float[] before = toy.Weights();
        using Trainer trainer = toy.Trainer(Options);
        Assert.Equal(12, trainer.Run(TestContext.Current.CancellationToken).Count());
        Assert.Equal(trainer.TrainedElements, before.Zip(toy.Weights()).Count(pair => pair.First != pair.Second));
    }

    [Theory]
    [InlineData("seed")]
    [InlineData("model")]
    [InlineData("damage")]
    public void A_state_of_something_else_is_refused_and_changes_nothing(string difference)
    {
        using TemporaryFolder folder = new();
        string file = folder.File("state.safetensors");
        using ToyRun toy = new();
        using (Trainer trainer = toy.Trainer(Options))
        {
            trainer.Save(file);
        }
        if (difference == "model")
        {
            toy.Model.Parameters.First().IsTrainable = false;
        }
        if (difference == "damage")
        {
            using FileStream stream = File.OpenWrite(file);
            stream.SetLength(stream.Length - 4);
        }
        float[] before = toy.Weights();
        using Trainer other = toy.Trainer(Options with { Seed = difference == "seed" ? 8UL : 7 });
        ModelFileException error = Assert.Throws<ModelFileException>(() => other.Resume(file));
        Assert.StartsWith(file, error.Message, StringComparison.Ordinal);
        Assert.Equal(before, toy.Weights());
    }

    [Fact]
    public void The_saved_folder_gives_the_same_tokens_in_both_engines()
    {
        using TemporaryFolder folder = new();
        using ToyRun toy = new();
        // Few steps, so that answers are long and odd.
        using (Trainer trainer = toy.Trainer(Options with { Steps = 3 }))
        {
            Assert.Equal(3, trainer.Run(TestContext.Current.CancellationToken).Count());
        }
        toy.Model.SaveFolder(folder.FullName, toy.Folder, Checkpoints.ElementType.BFloat16);
        using ToyRun reloaded = new(folder.FullName);
        using PaliGemmaModel other = new(reloaded.Model.Config, Checkpoints.Checkpoint.Open(folder.FullName));
        TrainingSequence question = reloaded.Encoder.Encode(toy.Examples.Read(2));
        using ImageFeatures features = other.EncodeImage(question.Pixels[0]);
        using IDecodingState state = other.Prefill([features], question.Prefix.ToArray());
        GenerationOptions options = new() { MaxNewTokens = 12 };
        IReadOnlyList<int> tokens = new Generator(other, reloaded.Tokenizer).Generate([state], options, TestContext.Current.CancellationToken)[0].Tokens.Select(token => token.Id).ToArray();
        Assert.NotEmpty(tokens);

        using var scope = TorchSharp.torch.NewDisposeScope();
        using TrainingBatch batch = new([question with { Suffix = tokens }], reloaded.Model.Config);
        Assert.Equal(tokens, reloaded.Model.Predict(batch).argmax(1).data<long>().Select(token => (int)token));
    }

    [Fact]
    public void More_examples_at_a_time_than_memory_can_address_are_refused()
    {
        using ToyRun toy = new();
        TrainingSequence longest = new([], Enumerable.Repeat(3, 40_000).ToArray(), [1]);
        ArgumentException error = Assert.Throws<ArgumentException>(() => new TrainingBatch([longest, longest], toy.Model.Config));
        Assert.Contains("2 examples of up to 40001 tokens", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_saved_folder_has_the_mask_autoencoder_of_its_source()
    {
        using TemporaryFolder folder = new();
        using ToyRun toy = new();
        File.WriteAllText(Path.Combine(toy.Folder, "vae-oid.npz"), "codes");
        toy.Model.SaveFolder(folder.FullName, toy.Folder, Checkpoints.ElementType.Float32);
        Assert.Equal("codes", File.ReadAllText(folder.File("vae-oid.npz")));
    }

    [Fact]
    public void The_saved_folder_answers_in_the_other_engine()
    {
        using TemporaryFolder folder = new();
        using ToyRun toy = new();
        using (Trainer trainer = toy.Trainer(Options with { Steps = 120, WarmUpSteps = 5 }))
        {
            Assert.Equal(120, trainer.Run(TestContext.Current.CancellationToken).Count());
        }
        toy.Model.SaveFolder(folder.FullName, toy.Folder, Checkpoints.ElementType.Float32);
        using PaliGemmaPipeline pipeline = PaliGemmaPipeline.Load(folder.FullName);
        Assert.Equal("green", pipeline.Generate([new RgbImage(1, 1, [0, 255, 0])], "answer en what color?", cancellation: TestContext.Current.CancellationToken).Text);
        Assert.Equal("blue", pipeline.Generate([new RgbImage(1, 1, [0, 0, 255])], "answer en what color?", cancellation: TestContext.Current.CancellationToken).Text);
    }
}
