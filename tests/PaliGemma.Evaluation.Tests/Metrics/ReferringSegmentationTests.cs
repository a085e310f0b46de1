using System.Globalization;
using System.Text.Json;
using PaliGemma.Evaluation.Metrics;
using PaliGemma.Evaluation.Tests.Metrics.Reference;
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

    [Fact]
    public void The_plain_definition_that_drawn_answers_are_compared_with_equals_big_vision() => Assert.All(Goldens.Cases("cases"), item =>
    {
        (int height, int width, bool[] mask, double[] box) = Truth(item);
        (double? overlap, double boxes, _) = PlainReferringScores.Of(item.Text("text"), Rows(mask, height, width), box, DecodeCells);
        Assert.Equal(item.Number("box_iou"), boxes, 1e-6);
        Assert.Equal(item.GetProperty("invalid").GetInt32() == 1, overlap is null);
        if (item.GetProperty("iou").ValueKind == JsonValueKind.Number)
        {
            Assert.Equal(item.Number("iou"), overlap ?? 0, 1e-6);
        }
    });

    [Fact]
    public void Drawn_answers_score_as_the_plain_definition_says()
    {
        Random random = new(11);
        List<(ExampleAnswer Answer, double? Mask, double Box)> cases = [];
        while (cases.Count < 240)
        {
            (int height, int width) = (random.Next(1, 90), random.Next(1, 90));
            (int top, int left) = (random.Next(height), random.Next(width));
            (int bottom, int right) = (random.Next(top, height) + 1, random.Next(left, width) + 1);
            bool[] mask = [.. Enumerable.Range(0, height * width).Select(i =>
                i / width >= top && i / width < bottom && i % width >= left && i % width < right && random.Next(9) > 0)];
            double[] box = [(double)top / height, (double)left / width, (double)bottom / height, (double)right / width];
            string text = DrawAnswer(random, box);
            (double? overlap, double boxes, double margin) = PlainReferringScores.Of(text, Rows(mask, height, width), box, DecodeCells);
            // Nearer to 0, float32 may decide otherwise.
            if (margin > 1e-4 && mask.Contains(true))
            {
                cases.Add((Answer(text, height, width, mask, box), overlap, boxes));
            }
        }
        Assert.InRange(cases.Count(one => one.Mask is null), 40, 160);
        Assert.InRange(cases.Count(one => one.Mask > 0.1), 40, 200);
        foreach ((ExampleAnswer answer, double? overlap, double boxes) in cases)
        {
            Assert.Equal(overlap is null, Metric.MaskOverlap(answer) is null);
            Assert.Equal(overlap ?? 0, Metric.MaskOverlap(answer) ?? 0, 1e-6);
            Assert.Equal(boxes, ReferringSegmentation.BoxOverlap(answer), 1e-6);
        }
        Measurement measured = Metric.Measure([.. cases.Select(one => one.Answer)]);
        Assert.Equal(100 * cases.Average(one => one.Mask ?? 0), measured.Value, 1e-6);
        foreach (string least in (string[])["0.5", "0.75"])
        {
            double expected = 100 * cases.Average(one => one.Box >= double.Parse(least, CultureInfo.InvariantCulture) ? 1.0 : 0);
            Assert.Equal(expected, measured.Details.Single(one => one.Name == $"box accuracy at {least}").Value, 1e-6);
        }
    }

    /// <summary>A box near the right one and any codes; every third answer is damaged, empty or something else.</summary>
    private static string DrawAnswer(Random random, double[] box)
    {
        string[] locations = Array.ConvertAll(box, edge => $"<loc{Math.Clamp((int)(edge * 1023) + random.Next(-60, 61), 0, 1023):D4}>");
        string text = string.Concat(locations)
            + string.Concat(Enumerable.Range(0, 16).Select(_ => $"<seg{random.Next(128):D3}>"));
        return random.Next(27) switch
        {
            0 => "",
            1 => " " + text,
            2 => "猫 " + text,
            3 => text[..random.Next(text.Length)],
            4 => text.Replace("<seg", "<loc", StringComparison.Ordinal),
            5 => string.Concat(locations) + " cat",
            6 => string.Concat(locations.Reverse()) + text[36..],
            7 => text.Replace("<loc0", "<loc9", StringComparison.Ordinal),
            8 => text.Replace("<seg0", "<seg9", StringComparison.Ordinal),
            9 => text + " 猫 ; " + text,
            _ => text + " cat",
        };
    }

    private static bool[,] Rows(bool[] mask, int height, int width)
    {
        bool[,] rows = new bool[height, width];
        for (int i = 0; i < mask.Length; i++)
        {
            rows[i / width, i % width] = mask[i];
        }
        return rows;
    }

    private static (int Height, int Width, bool[] Mask, double[] Box) Truth(JsonElement item)
    {
        (int height, int width) = (item.GetProperty("h").GetInt32(), item.GetProperty("w").GetInt32());
        byte[] bits = Convert.FromHexString(item.Text("gt_mask"));
        bool[] mask = [.. Enumerable.Range(0, height * width).Select(i => ((bits[i / 8] >> (7 - (i % 8))) & 1) == 1)];
        return (height, width, mask, item.GetProperty("gt_box").Numbers());
    }

    private static ExampleAnswer Answer(JsonElement item)
    {
        (int height, int width, bool[] mask, double[] box) = Truth(item);
        return Answer(item.Text("text"), height, width, mask, box);
    }

    private static ExampleAnswer Answer(string text, int height, int width, bool[] mask, double[] box)
    {
        AnnotatedRegion region = new("", box[1] * width, box[0] * height, (box[3] - box[1]) * width, (box[2] - box[0]) * height)
        {
            Mask = RunLengthEncoding.FromMask(mask, height, width),
        };
        Example example = new() { Id = "", Images = [], Prompt = "", Answers = [], Regions = [region] };
        return new ExampleAnswer(example, text, []);
    }

    /// <summary>A mask decoder that paints each code's value over its cell of 16 x 16.</summary>
    private static float[] DecodeCells(IReadOnlyList<int> codes) =>
        [.. Enumerable.Range(0, 64 * 64).Select(i => (codes[(i / 64 / 16 * 4) + (i % 64 / 16)] - 63.5f) / 64)];
}
