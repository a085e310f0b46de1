using PaliGemma.Imaging;
using PaliGemma.Layers;
using PaliGemma.Quantization;

namespace PaliGemma.Tests.Quantization;

public sealed class QualityComparisonTests
{
    [Fact]
    public void The_stored_weights_differ_from_themselves_in_nothing()
    {
        QualityReport report = Compare(WeightFormat.Float32)[0];
        Assert.All(report.Layers, layer => Assert.Equal(0, layer.RelativeError));
        Assert.Equal((0, 1, 6), (report.Divergence, report.TopTokenAgreement, report.Tokens));
    }

    [Fact]
    public void Every_layer_is_compared_and_fewer_bits_lose_more()
    {
        IReadOnlyList<QualityReport> reports = Compare(WeightFormat.Int8, WeightFormat.Nf4);
        string[] layers = [.. reports[0].Layers.Select(layer => layer.Layer)];
        Assert.Equal("vision.hidden.0", layers[0]);
        Assert.Contains("projector.output", layers);
        Assert.Equal("lm.hidden.3", layers[^1]); // model E has three decoder layers
        Assert.Equal(0, reports[1].Layers[0].RelativeError); // the patch embedding is not quantised
        Assert.InRange(reports[0].Layers[^1].RelativeError, 1e-4, reports[1].Layers[^1].RelativeError / 2);
        Assert.InRange(reports[0].Divergence, 0, reports[1].Divergence);
        Assert.True(reports[0].DecoderBytes > reports[1].DecoderBytes);
    }

    [Fact]
    public void Divergence_is_that_of_its_definition_whatever_is_added_to_all_logits()
    {
        float[] reference = [MathF.Log(0.5f), MathF.Log(0.25f), MathF.Log(0.25f)];
        float[] other = [MathF.Log(0.25f) + 3, MathF.Log(0.25f) + 3, MathF.Log(0.5f) + 3];
        Assert.Equal((0.5 * Math.Log(2)) - (0.25 * Math.Log(2)), QualityComparison.Divergence(reference, other), 1e-6);
    }

    private static IReadOnlyList<QualityReport> Compare(params WeightFormat[] formats) => QualityComparison.Compare(
        Goldens.Path("models", "E"),
        formats,
        [ImageFile.Load(Goldens.Path("images", "01_rgb_320x240.png"))],
        ["caption en", "detect cat"],
        answerTokens: 3,
        threads: 2,
        cancellation: TestContext.Current.CancellationToken);
}
