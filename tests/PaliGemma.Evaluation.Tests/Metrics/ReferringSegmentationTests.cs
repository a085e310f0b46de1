using System.Text.Json;
using PaliGemma.Evaluation.Metrics;
using PaliGemma.Tasks;

namespace PaliGemma.Evaluation.Tests.Metrics;

public class ReferringSegmentationTests
{
    private static readonly JsonElement Goldens = MetricGoldens.Open("refcoco_segmentation.json");

    private static readonly ReferringSegmentation Metric = new(DecodeCells);

    [Fact]
    public void Overlaps_equal_big_vision_answer_by_answer() => Assert.All(Goldens.Cases("cases"), item =>
    {
        ExampleAnswer answer = Answer(item);
        Assert.Equal(item.Number("box_iou"), ReferringSegmentation.BoxOverlap(answer), 1e-6);
        Assert.Equal(item.GetProperty("invalid").GetInt32() == 1, Metric.MaskOverlap(answer) is null);
        // The reference has no number for two empty masks.
        if (item.GetProperty("iou").ValueKind == JsonValueKind.Number)
        {
            Assert.Equal(item.Number("iou"), Metric.Score([answer])[0], MetricGoldens.Tolerance);
        }
    });

    [Fact]
    public void Totals_equal_big_vision()
    {
        IEnumerable<JsonElement> scored = Goldens.Cases("cases").Where(item => item.GetProperty("iou").ValueKind == JsonValueKind.Number);
        ExampleAnswer[] answers = [.. scored.Select(Answer)];
        JsonElement expected = Goldens.GetProperty("totals_without_nan");
        Measurement measured = Metric.Measure(answers);
        Assert.Equal(expected.GetProperty("total").GetInt32(), answers.Length);
        Assert.Equal(100 * expected.Number("miou"), measured.Value, 1e-6);
        Assert.Equal(100 * expected.Number("boxacc/0.5"), measured.Details.Single(one => one.Name == "box accuracy at 0.5").Value, 1e-6);
        Assert.Equal(100 * expected.Number("boxacc/0.75"), measured.Details.Single(one => one.Name == "box accuracy at 0.75").Value, 1e-6);
        Assert.Equal(100 * expected.Number("invalid") / answers.Length, measured.Details.Single(one => one.Name == "invalid").Value, 1e-6);
    }

    private static ExampleAnswer Answer(JsonElement item)
    {
        (int height, int width) = (item.GetProperty("h").GetInt32(), item.GetProperty("w").GetInt32());
        byte[] bits = Convert.FromHexString(item.Text("gt_mask"));
        bool[] mask = [.. Enumerable.Range(0, height * width).Select(i => ((bits[i / 8] >> (7 - (i % 8))) & 1) == 1)];
        double[] box = item.GetProperty("gt_box").Numbers();
        AnnotatedRegion region = new("", box[1] * width, box[0] * height, (box[3] - box[1]) * width, (box[2] - box[0]) * height)
        {
            Mask = RunLengthEncoding.FromMask(mask, height, width),
        };
        Example example = new() { Id = "", Images = [], Prompt = "", Answers = [], Regions = [region] };
        return new ExampleAnswer(example, item.Text("text"), []);
    }

    /// <summary>A mask decoder that paints each code's value over its cell of 16 x 16.</summary>
    private static float[] DecodeCells(IReadOnlyList<int> codes) =>
        [.. Enumerable.Range(0, 64 * 64).Select(i => (codes[(i / 64 / 16 * 4) + (i % 64 / 16)] - 63.5f) / 64)];
}
