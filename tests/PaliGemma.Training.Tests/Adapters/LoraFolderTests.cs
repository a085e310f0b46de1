using System.Text.Json.Nodes;
using PaliGemma.Checkpoints;
using PaliGemma.Layers;
using PaliGemma.Quantization;
using PaliGemma.Tests;
using PaliGemma.Training.Adapters;
using static TorchSharp.torch;

namespace PaliGemma.Training.Tests.Adapters;

public class LoraFolderTests
{
    private static readonly TrainingOptions Options = new() { BatchSize = 4, Steps = 8, WarmUpSteps = 1, LearningRate = 1e-2, Seed = 7 };

    [Fact]
    public void Only_adapters_are_trained_and_merged_they_give_the_logits_they_gave_applied()
    {
        using ToyRun toy = new();
        using TemporaryFolder folder = new();
        float[] before = toy.Weights();
        (double first, double last) = Train(toy);
        Assert.Equal(before, toy.Weights());

        float[] applied = Logits(toy, toy.Model);
        toy.Model.SaveFolder(folder.FullName, toy.Folder, ElementType.Float32);
        using TrainableModel merged = TrainableModel.Load(folder.FullName);
        Assert.Empty(merged.Parameters.Adapters);
        Tensors.AssertClose("merged", applied, Logits(toy, merged), 2e-4);

        using ToyRun untrained = new();
        Assert.NotEqual(applied, Logits(untrained, untrained.Model));
        Assert.True(last < 0.9 * first, $"The loss went from {first} to {last}.");
    }

    [Fact]
    public void Saved_adapters_loaded_again_give_the_same_logits()
    {
        using ToyRun toy = new();
        using TemporaryFolder folder = new();
        Train(toy);
        LoraFolder.Save(folder.FullName, toy.Model.Parameters, "base");
        using ToyRun other = new();
        LoraFolder.Load(folder.FullName, other.Model.Parameters);
        Assert.Equal(Logits(toy, toy.Model), Logits(other, other.Model));

        using SafetensorsFile file = SafetensorsFile.Open(folder.File("adapter_model.safetensors"));
        Assert.Contains("base_model.model.language_model.model.layers.1.self_attn.q_proj.lora_A.weight", file.Names);
        Assert.Equal([64, 4], file.Get("base_model.model.language_model.model.layers.1.self_attn.q_proj.lora_B.weight").Shape);
    }

    [Theory]
    [InlineData("r", 5, "matrices of the ranks 4 and 4; adapter_config.json says 5")]
    [InlineData("r", 0, "r is 0; expected a whole number")]
    [InlineData("lora_alpha", -1, "lora_alpha is -1; expected a number above 0")]
    [InlineData("use_dora", true, "use_dora is true; expected plain LoRA")]
    [InlineData("peft_type", "IA3", "peft_type is \"IA3\"; expected \"LORA\"")]
    public void A_configuration_that_does_not_fit_is_told(string field, object value, string sentence)
    {
        using TemporaryFolder folder = SaveAdapters("q_proj");
        JsonObject config = JsonNode.Parse(File.ReadAllText(folder.File("adapter_config.json")))!.AsObject();
        config[field] = JsonValue.Create(value);
        File.WriteAllText(folder.File("adapter_config.json"), config.ToJsonString());
        ModelFileException error = Refuse(folder);
        Assert.Contains(sentence, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{ \"peft_type\": \"\\ud800\" }", "is not a JSON object in UTF-8")]
    [InlineData("[]", "is not a JSON object in UTF-8")]
    [InlineData("{ \"peft_type\": \"LORA\", \"r\": 4, \"r\": 8 }", "r is given twice; expected it once")]
    [InlineData("{ \"peft_type\": \"LORA\", \"r\": 4, \"alpha_pattern\": { \"q_proj\": 32 } }", "alpha_pattern is { \"q_proj\": 32 }; expected {}")]
    [InlineData("{ \"peft_type\": \"LORA\", \"r\": 4, \"rank_pattern\": 3 }", "rank_pattern is 3; expected {}")]
    public void A_configuration_that_is_none_is_told(string content, string sentence)
    {
        using TemporaryFolder folder = SaveAdapters("q_proj");
        File.WriteAllText(folder.File("adapter_config.json"), content);
        ModelFileException error = Refuse(folder);
        Assert.StartsWith(folder.File("adapter_config.json"), error.Message, StringComparison.Ordinal);
        Assert.Contains(sentence, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tensor_without_a_module_in_its_name_is_told()
    {
        using TemporaryFolder folder = SaveAdapters("q_proj");
        using (SafetensorsWriter writer = new(
            folder.File("adapter_model.safetensors"), [new TensorDeclaration("base_model.model.lora_A.weight", ElementType.Float32, [0])]))
        {
            writer.Commit();
        }
        ModelFileException error = Refuse(folder);
        Assert.Contains("tensor base_model.model.lora_A.weight is no part of an adapter", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Adapters_of_another_model_are_refused()
    {
        using TemporaryFolder folder = SaveAdapters("up_proj");
        using GoldenRows golden = new("G");
        using TrainableModel other = golden.LoadModel();
        ModelFileException error = Assert.Throws<ModelFileException>(() => LoraFolder.Load(folder.FullName, other.Parameters));
        Assert.StartsWith(folder.File("adapter_model.safetensors"), error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void On_a_packed_base_adapters_learn_and_activations_can_be_computed_again(bool checkpointActivations, bool packedHead)
    {
        using ToyRun dense = new();
        using TemporaryFolder folder = new();
        FolderQuantizer.Quantize(
            dense.Folder, folder.FullName, new QuantizationOptions(WeightFormat.Nf4) { QuantizeHead = packedHead }, cancellation: TestContext.Current.CancellationToken);
        using ToyRun toy = new(folder.FullName);
        Assert.Contains(toy.Model.Parameters, parameter => parameter.IsPacked);
        (double first, double last) = Train(toy, Options with { Steps = 30, CheckpointActivations = checkpointActivations });
        Assert.True(last < first / 2, $"The loss went from {first} to {last}.");
    }

    [Fact]
    public void Adapters_learn_beside_products_in_bfloat16()
    {
        using ToyRun toy = new();
        toy.Model.Parameters.ProductType = ScalarType.BFloat16;
        (double first, double last) = Train(toy, Options with { Steps = 30 });
        Assert.True(last < first / 2, $"The loss went from {first} to {last}.");
    }

    /// <summary>A folder with adapters of rank 4 beside the layers of a name.</summary>
    private static TemporaryFolder SaveAdapters(string layer)
    {
        using ToyRun toy = new();
        TemporaryFolder folder = new();
        toy.Model.AddAdapters([layer], rank: 4, alpha: 8, seed: 1);
        LoraFolder.Save(folder.FullName, toy.Model.Parameters, "base");
        return folder;
    }

    private static ModelFileException Refuse(TemporaryFolder folder)
    {
        using ToyRun toy = new();
        return Assert.Throws<ModelFileException>(() => LoraFolder.Load(folder.FullName, toy.Model.Parameters));
    }

    private static (double First, double Last) Train(ToyRun toy, TrainingOptions? options = null)
    {
        toy.Model.AddAdapters(["q_proj", "v_proj", "up_proj", "down_proj"], rank: 4, alpha: 8, seed: 1);
        using Trainer trainer = toy.Trainer(options ?? Options);
        double[] losses = [.. trainer.Run(TestContext.Current.CancellationToken).Select(step => step.Loss)];
        return (losses[0], losses[^1]);
    }

    private static float[] Logits(ToyRun toy, TrainableModel model)
    {
        using var scope = NewDisposeScope();
        using IDisposable untracked = no_grad();
        using TrainingBatch batch = new([toy.Encoder.Encode(toy.Examples.Read(1))], model.Config);
        return model.Logits(model.Forward(batch)).data<float>().ToArray();
    }
}
