using PaliGemma.Checkpoints;
using PaliGemma.Layers;
using PaliGemma.Quantization;
using PaliGemma.Tasks;
using PaliGemma.Tests;
using PaliGemma.Training.Adapters;
using PaliGemma.Training.Evaluation;
using PaliGemma.Training.Masks;

namespace PaliGemma.Training.Tests;

/// <summary>
/// The garbage collector frees a tensor that only native code still reads; so everything that is done with tensors is done here while it
/// never rests. A failure is a wrong number, or the end of the process.
/// </summary>
public class RestlessCollectorTests
{
    private static readonly TrainingOptions Options = new() { BatchSize = 4, Steps = 20, WarmUpSteps = 2, LearningRate = 1e-2, Seed = 7 };

    [Theory]
    [InlineData(ElementType.Float32)]
    [InlineData(ElementType.BFloat16)]
    public void Training_saving_and_resuming_do_not_mind(ElementType type)
    {
        using RestlessCollector collector = new();
        using TemporaryFolder folder = new();
        string file = folder.File("state.safetensors");
        using ToyRun toy = new(type);
        using Trainer trainer = toy.Trainer(Options with { Workers = 2, MatrixLearningRate = 0.02 });
        Assert.All(trainer.Run(TestContext.Current.CancellationToken), step =>
        {
            Assert.True(double.IsFinite(step.Loss));
            trainer.Save(file);
        });
        using ToyRun other = new(type);
        using Trainer resumed = other.Trainer(Options with { Workers = 2, MatrixLearningRate = 0.02 });
        for (int i = 0; i < 20; i++)
        {
            resumed.Resume(file);
        }
        Assert.Equal(toy.Weights(), other.Weights());
    }

    [Fact]
    public void Loading_and_writing_model_folders_do_not_mind()
    {
        using RestlessCollector collector = new();
        using ToyRun toy = new();
        float[] expected = toy.Weights();
        string source = toy.Folder;
        for (int i = 0; i < 10; i++)
        {
            using TemporaryFolder folder = new();
            using ToyRun loaded = new(source);
            Assert.Equal(expected, loaded.Weights());
            loaded.Model.SaveFolder(folder.FullName, toy.Folder, ElementType.Float32);
            using ToyRun again = new(folder.FullName);
            Assert.Equal(expected, again.Weights());
            using TrainableModel raised = TrainableModel.Load(folder.FullName, ElementType.BFloat16, imageSize: 56);
            Assert.Equal(16, raised.Config.Vision.PatchCount);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Adapters_do_not_mind(bool isPacked)
    {
        using RestlessCollector collector = new();
        using ToyRun dense = new();
        using TemporaryFolder packed = new();
        if (isPacked)
        {
            FolderQuantizer.Quantize(
                dense.Folder, packed.FullName, new QuantizationOptions(WeightFormat.Nf4), cancellation: TestContext.Current.CancellationToken);
        }
        string source = isPacked ? packed.FullName : dense.Folder;
        using ToyRun toy = new(source);
        toy.Model.AddAdapters(["q_proj", "down_proj"], rank: 4, alpha: 8, seed: 1);
        using Trainer trainer = toy.Trainer(Options with { Workers = 2, CheckpointActivations = true });
        Assert.All(trainer.Run(TestContext.Current.CancellationToken), step => Assert.True(double.IsFinite(step.Loss)));
        float[] expected = Merged(toy);
        for (int i = 0; i < 10; i++)
        {
            using TemporaryFolder folder = new();
            LoraFolder.Save(folder.FullName, toy.Model.Parameters, "base");
            using ToyRun other = new(source);
            LoraFolder.Load(folder.FullName, other.Model.Parameters);
            Assert.Equal(expected, Merged(other));
        }
    }

    [Fact]
    public void Evaluations_do_not_mind()
    {
        using RestlessCollector collector = new();
        using ToyRun toy = new();
        Evaluator evaluator = new(toy.Model, toy.Tokenizer, [EvaluationMetric.ExactMatch]) { MaxNewTokens = 2 };
        EvaluationResult first = Evaluate();
        for (int i = 0; i < 10; i++)
        {
            Assert.Equal(first.Loss, Evaluate().Loss);
        }

        EvaluationResult Evaluate() =>
            evaluator.Evaluate(Enumerable.Range(0, 4).Select(i => toy.Examples.Read(i)), TestContext.Current.CancellationToken);
    }

    [Fact]
    public void The_mask_autoencoder_does_not_mind()
    {
        using RestlessCollector collector = new();
        using TemporaryFolder folder = new();
        float[] mask = [.. Enumerable.Range(0, MaskDecoder.Side * MaskDecoder.Side).Select(i => i % MaskDecoder.Side < 20 ? 1f : 0)];
        using TrainableMaskAutoencoder model = new(seed: 1);
        using MaskTrainer trainer = new(model, () => mask, batchSize: 2, steps: 10, learningRate: 2e-3, seed: 1);
        for (int step = 0; step < 10; step++)
        {
            Assert.True(double.IsFinite(trainer.Step()));
            model.Save(folder.File("vae.npz"), ElementType.Float32);
            using MaskEncoder encoder = MaskEncoder.Load(folder.File("vae.npz"));
            Assert.Equal(SegmentationTokens.PerMask, encoder.Encode(mask).Length);
        }
    }

    /// <summary>All weights with their adapters.</summary>
    private static float[] Merged(ToyRun toy)
    {
        using var scope = TorchSharp.torch.NewDisposeScope();
        return [.. toy.Model.Parameters.SelectMany(parameter => toy.Model.Parameters.Merged(parameter).data<float>().ToArray())];
    }
}
