using PaliGemma.Configuration;
using PaliGemma.Tests;
using PaliGemma.Training.Cli.Shapes;
using static TorchSharp.torch;

namespace PaliGemma.Training.Tests.Shapes;

public class DecoderGrowthTests
{
    [Theory]
    [InlineData("language_model.model.embed_tokens.weight", "language_model.model.embed_tokens.weight")]
    [InlineData("language_model.model.layers.2.mlp.up_proj.weight", "language_model.model.layers.2.mlp.up_proj.weight")]
    [InlineData("language_model.model.layers.3.mlp.up_proj.weight", "language_model.model.layers.1.mlp.up_proj.weight")]
    [InlineData("language_model.model.layers.4.input_layernorm.weight", "language_model.model.layers.2.input_layernorm.weight")]
    [InlineData("language_model.model.layers.4.mlp.down_proj.weight", null)]
    [InlineData("language_model.model.layers.3.self_attn.o_proj.weight", null)]
    [InlineData("language_model.model.layers.5.mlp.down_proj.weight", "language_model.model.layers.3.mlp.down_proj.weight")]
    public void New_layers_stand_before_the_last_and_are_copies_of_those_before_them(string name, string? expected) =>
        Assert.Equal(expected, DecoderGrowth.Origin(name, before: 4, after: 6));

    [Fact]
    public void A_larger_model_computes_what_the_model_does()
    {
        using GoldenRows rows = new("A");
        using TemporaryFolder folder = new();
        string source = Goldens.Path("models", "A");
        using TrainableModel small = rows.LoadModel();
        int layers = small.Config.Text.LayerCount + 3;
        DecoderGrowth.Write(folder.FullName, small, source, layers);
        using TrainableModel large = TrainableModel.Load(folder.FullName);
        Assert.Equal(layers, PaliGemmaConfig.Load(folder.FullName).Text.LayerCount);
        using var scope = NewDisposeScope();
        using TrainingBatch batch = new([rows.Row(0), rows.Row(1)], rows.Config);
        Assert.Equal(small.Predict(batch).data<float>().ToArray(), large.Predict(batch).data<float>().ToArray());
    }
}
