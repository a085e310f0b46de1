using PaliGemma.Configuration;
using PaliGemma.Tests;
using PaliGemma.Training.Cli.Shapes;
using static TorchSharp.torch;

namespace PaliGemma.Training.Tests.Shapes;

public class LayerGrowthTests
{
    [Theory]
    [InlineData("language_model.model.layers.2.mlp.up_proj.weight", "language_model.model.layers.2.mlp.up_proj.weight")]
    [InlineData("language_model.model.layers.3.mlp.up_proj.weight", "language_model.model.layers.1.mlp.up_proj.weight")]
    [InlineData("language_model.model.layers.4.input_layernorm.weight", "language_model.model.layers.2.input_layernorm.weight")]
    [InlineData("language_model.model.layers.4.mlp.down_proj.weight", null)]
    [InlineData("language_model.model.layers.3.self_attn.o_proj.weight", null)]
    [InlineData("language_model.model.layers.5.mlp.down_proj.weight", "language_model.model.layers.3.mlp.down_proj.weight")]
    public void New_layers_stand_before_the_last_and_are_copies_of_those_before_them(string name, string? expected) =>
        Assert.Equal(expected, LayerGrowth.Origin(name, "language_model.model.layers.", before: 4, after: 6));

    [Theory]
    [InlineData("layers.0.mlp.fc1.bias", "layers.0.mlp.fc1.bias")]
    [InlineData("layers.1.mlp.fc1.bias", "layers.0.mlp.fc1.bias")]
    [InlineData("layers.1.mlp.fc2.bias", null)]
    [InlineData("layers.1.self_attn.out_proj.weight", null)]
    [InlineData("layers.2.mlp.fc2.bias", "layers.1.mlp.fc2.bias")]
    public void Layers_of_the_tower_have_biases_too(string name, string? expected) =>
        Assert.Equal(expected, LayerGrowth.Origin(name, "layers.", before: 2, after: 3));

    [Fact]
    public void A_larger_model_computes_what_the_model_does()
    {
        using GoldenRows rows = new("A");
        using TemporaryFolder folder = new();
        string source = Goldens.Path("models", "A");
        using TrainableModel small = rows.LoadModel();
        (int tower, int decoder) = (small.Config.Vision.LayerCount + 2, small.Config.Text.LayerCount + 3);
        LayerGrowth.Write(folder.FullName, small, source, tower, decoder);
        using TrainableModel large = TrainableModel.Load(folder.FullName);
        PaliGemmaConfig config = PaliGemmaConfig.Load(folder.FullName);
        Assert.Equal((tower, decoder), (config.Vision.LayerCount, config.Text.LayerCount));
        using var scope = NewDisposeScope();
        using TrainingBatch batch = new([rows.Row(0), rows.Row(1)], rows.Config);
        Assert.Equal(small.Predict(batch).data<float>().ToArray(), large.Predict(batch).data<float>().ToArray());
    }
}
