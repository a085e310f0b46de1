using System.Text.Json;
using PaliGemma.Evaluation.Metrics;

namespace PaliGemma.Evaluation.Tests.Metrics;

/// <summary>CIDEr-D, BLEU and ROUGE-L against pycocoevalcap.</summary>
public class CaptionMetricsTests
{
    private static readonly JsonElement Goldens = MetricGoldens.Open("caption_metrics.json");

    [Fact]
    public void Cider_equals_the_reference_picture_by_picture() => Assert.All(Goldens.Cases("corpora"), corpus =>
    {
        (string[] captions, string[][] references) = Read(corpus);
        AssertClose(corpus.GetProperty("cider_d_per_image").Numbers(), CiderD.Score(captions, references));
        Assert.Equal(corpus.Number("cider_d"), CiderD.Score(captions, references).Average(), MetricGoldens.Tolerance);
    });

    [Fact]
    public void Bleu_equals_the_reference_over_corpora_and_pictures() => Assert.All(Goldens.Cases("corpora"), corpus =>
    {
        (string[] captions, string[][] references) = Read(corpus);
        AssertClose(corpus.GetProperty("bleu").Numbers(), Bleu.Score(captions, references));
        for (int i = 0; i < captions.Length; i++)
        {
            AssertClose(
                [.. corpus.Cases("bleu_per_image").Select(order => order[i].GetDouble())], Bleu.Score([captions[i]], [references[i]]));
        }
    });

    [Fact]
    public void Rouge_equals_the_reference_picture_by_picture() => Assert.All(Goldens.Cases("corpora"), corpus =>
    {
        (string[] captions, string[][] references) = Read(corpus);
        AssertClose(corpus.GetProperty("rouge_l_per_image").Numbers(), RougeL.Score(captions, references));
    });

    [Fact]
    public void Raw_captions_are_tokenised_and_scored_as_by_the_reference() => Assert.All(
        Goldens.Cases("corpora").Where(corpus => corpus.TryGetProperty("references", out _)),
        corpus =>
        {
            ExampleAnswer[] answers =
            [
                .. corpus.GetProperty("candidates").Texts()
                    .Zip(corpus.Cases("references"), (caption, references) => MetricGoldens.Answer(caption, references.Texts())),
            ];
            Measurement measured = new CiderD().Measure(answers);
            Assert.Equal(100 * corpus.Number("cider_d"), measured.Value, 100 * MetricGoldens.Tolerance);
            Assert.Equal(100 * corpus.GetProperty("bleu")[3].GetDouble(), measured.Details.Single(one => one.Name == "BLEU-4").Value, 1e-7);
            Assert.Equal(100 * corpus.Number("rouge_l"), measured.Details.Single(one => one.Name == "ROUGE-L").Value, 1e-7);
        });

    private static (string[] Captions, string[][] References) Read(JsonElement corpus) => (
        corpus.GetProperty("candidates_tokenised").Texts(),
        [.. corpus.Cases("references_tokenised").Select(references => references.Texts())]);

    private static void AssertClose(double[] expected, double[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual[i], MetricGoldens.Tolerance);
        }
    }
}
