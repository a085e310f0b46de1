using System.Text.Json;
using PaliGemma.Evaluation.Metrics;

namespace PaliGemma.Evaluation.Tests.Metrics;

public class VqaAccuracyTests
{
    private static readonly JsonElement Goldens = MetricGoldens.Open("vqa_accuracy.json");

    [Theory]
    [InlineData("questions")]
    [InlineData("other_answer_counts")]
    public void Accuracy_equals_the_official_scorer(string list) => Assert.All(Goldens.Cases(list), item => Assert.Equal(
        item.Number("official_acc"),
        VqaAccuracy.Score(item.Text("prediction"), item.GetProperty("answers").Texts()),
        MetricGoldens.Tolerance));

    [Fact]
    public void Normalisation_equals_the_official_scorer() => Assert.All(Goldens.Cases("normalisation"), item =>
    {
        Assert.Equal(item.Text("official_processPunctuation"), VqaNormalizer.NormalizePunctuation(item.Text("text")));
        Assert.Equal(item.Text("official_processDigitArticle"), VqaNormalizer.Normalize(item.Text("text")));
    });

    [Theory]
    [InlineData("questions")]
    [InlineData("other_answer_counts")]
    public void Raw_accuracy_equals_big_vision(string list) => Assert.All(Goldens.Cases(list), item => Assert.Equal(
        item.Number("bv_vqa_acc"),
        RawVqaAccuracy.Score(item.Text("prediction"), item.GetProperty("answers").Texts()),
        MetricGoldens.Tolerance));

    [Fact]
    public void Totals_and_types_equal_the_official_scorer()
    {
        ExampleAnswer[] answers =
        [
            .. Goldens.Cases("questions").Select(
                item => MetricGoldens.Answer(item.Text("prediction"), item.GetProperty("answers").Texts(), item.Text("answer_type"))),
        ];
        JsonElement expected = Goldens.GetProperty("totals_official").GetProperty("questions");
        Measurement measured = new VqaAccuracy().Measure(answers);
        Assert.Equal(expected.Number("overall"), Math.Round(measured.Value, 2, MidpointRounding.AwayFromZero));
        Assert.Equal(3, measured.Details.Count);
        Assert.All(measured.Details, detail => Assert.Equal(
            expected.GetProperty("per_answer_type").Number(detail.Name), Math.Round(detail.Value, 2, MidpointRounding.AwayFromZero)));
    }
}
