using PaliGemma.Configuration;
using PaliGemma.Generation;
using PaliGemma.Tests;
using static TorchSharp.torch;

namespace PaliGemma.Training.Tests;

/// <summary>The differentiable model against the reference implementation, and against the one that runs without libtorch.</summary>
public class TrainableModelTests
{
    /// <summary>The tolerances are those of tests/Goldens/README.md.</summary>
    public static TheoryData<string, double> Models => new() { { "A", 4e-4 }, { "S", 3e-5 }, { "G", 2e-4 } };

    [Theory]
    [MemberData(nameof(Models))]
    public void Logits_under_the_training_mask_are_the_reference_s(string name, double tolerance)
    {
        using GoldenRows golden = new(name);
        using TrainableModel model = golden.LoadModel();
        using var scope = NewDisposeScope();
        using IDisposable without = no_grad();
        for (int row = 0; row < 2; row++)
        {
            using TrainingBatch batch = new([golden.Row(row)], golden.Config);
            Tensor logits = model.Logits(model.Forward(batch));
            Tensors.AssertClose($"{name} row{row}.logits", golden.Expected.Floats($"row{row}.logits"), logits.data<float>().ToArray(), tolerance);
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Examples_side_by_side_have_the_logits_they_have_alone(string name, double tolerance)
    {
        using GoldenRows golden = new(name);
        using TrainableModel model = golden.LoadModel();
        using var scope = NewDisposeScope();
        using IDisposable without = no_grad();
        using TrainingBatch batch = new([golden.Row(0), golden.Row(1)], golden.Config);
        Tensor together = model.Logits(model.Forward(batch));
        for (int row = 0; row < 2; row++)
        {
            Tensor logits = together.narrow(0, row * batch.Length, golden.Row(row).Length);
            Tensors.AssertClose($"{name} row{row}.logits", golden.Expected.Floats($"row{row}.logits"), logits.data<float>().ToArray(), tolerance);
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Both_implementations_give_the_same_logits(string name, double tolerance)
    {
        using GoldenRows golden = new(name);
        using TrainableModel model = golden.LoadModel();
        using PaliGemmaModel other = new(golden.Config, Checkpoints.Checkpoint.Open(Goldens.Path("models", name)));
        using var scope = NewDisposeScope();
        using IDisposable without = no_grad();
        TrainingSequence sequence = golden.Row(0);

        using ImageFeatures features = other.EncodeImage(sequence.Pixels[0]);
        using IDecodingState state = other.Prefill([features], sequence.Prefix.ToArray());
        using TrainingBatch batch = new([sequence], golden.Config);
        Tensor logits = model.Predict(batch);
        for (int i = 0; i < sequence.Suffix.Count; i++)
        {
            float[] expected = new float[golden.Config.Text.VocabularySize];
            other.ComputeLogits([state], expected);
            Tensors.AssertClose($"{name} token {i}", expected, logits[i].data<float>().ToArray(), tolerance);
            other.Append([state], new[] { sequence.Suffix[i] });
        }
    }

    [Fact]
    public void What_is_beyond_the_last_whole_patch_is_not_looked_at()
    {
        using TemporaryFolder folder = new();
        using ToyRun toy = new();
        PaliGemmaConfig config = toy.Model.Config;
        toy.Model.SaveFolder(folder.FullName, toy.Folder, Checkpoints.ElementType.Float32);
        PaliGemmaConfigWriter.Write(folder.FullName, config with { Vision = config.Vision with { ImageSize = config.Vision.ImageSize + 5 } });
        using TrainableModel larger = TrainableModel.Load(folder.FullName);
        using var scope = NewDisposeScope();
        using IDisposable without = no_grad();
        Tensor pixels = rand(1, 3, config.Vision.ImageSize + 5, config.Vision.ImageSize + 5);
        Tensor whole = pixels.narrow(2, 0, config.Vision.ImageSize).narrow(3, 0, config.Vision.ImageSize).contiguous();
        Assert.Equal(toy.Model.EncodeImages(whole).data<float>(), larger.EncodeImages(pixels).data<float>());
    }

    [Fact]
    public void Saved_weights_are_the_loaded_ones_bit_by_bit()
    {
        using TemporaryFolder folder = new();
        using GoldenRows golden = new("G");
        using TrainableModel model = golden.LoadModel();
        model.Parameters.Save(folder.FullName, Checkpoints.ElementType.Float32);

        using Checkpoints.Checkpoint saved = Checkpoints.SafetensorsCheckpoint.Open(folder.FullName);
        using Checkpoints.Checkpoint original = Checkpoints.Checkpoint.Open(Goldens.Path("models", "G"));
        Assert.Equal(model.Parameters.Select(parameter => parameter.Name).Order(StringComparer.Ordinal), saved.Names.Order(StringComparer.Ordinal));
        foreach (string name in saved.Names)
        {
            Assert.True(saved.TryGet(name, out Checkpoints.StoredTensor written));
            Assert.True(original.TryGet(name, out Checkpoints.StoredTensor read));
            Assert.Equal(read.Data.Span<byte>(0, (int)read.Data.Length), written.Data.Span<byte>(0, (int)written.Data.Length));
        }
    }
}
