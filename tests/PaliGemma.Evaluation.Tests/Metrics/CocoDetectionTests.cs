using System.Text.Json;
using PaliGemma.Evaluation.Metrics;
using PaliGemma.Evaluation.Tests.Metrics.Reference;
using PaliGemma.Tasks;

namespace PaliGemma.Evaluation.Tests.Metrics;

public class CocoDetectionTests
{
    private static readonly JsonElement Goldens = MetricGoldens.Open("coco_detection.json");

    public static TheoryData<string> DataSets => [.. Goldens.Cases("datasets").Select(one => one.Text("name"))];

    [Theory]
    [MemberData(nameof(DataSets))]
    public void All_twelve_numbers_equal_the_COCO_API(string name)
    {
        JsonElement data = Goldens.Cases("datasets").Single(one => one.Text("name") == name);
        bool byMask = data.Text("iou_type") == "segm";
        double[] actual = Numbers(CocoDetection.Score(Read(data, byMask), byMask));
        Assert.All(data.GetProperty("stats").Numbers().Zip(actual), pair => Assert.Equal(pair.First, pair.Second, MetricGoldens.Tolerance));
    }

    [Theory]
    [MemberData(nameof(DataSets))]
    public void The_plain_definition_that_drawn_data_are_compared_with_equals_the_COCO_API(string name)
    {
        JsonElement data = Goldens.Cases("datasets").Single(one => one.Text("name") == name);
        bool byMask = data.Text("iou_type") == "segm";
        double[] actual = PlainCocoScores.Of(Read(data, byMask), byMask);
        Assert.All(data.GetProperty("stats").Numbers().Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
    }

    [Fact]
    public void Drawn_data_score_as_the_plain_definition_says()
    {
        Random random = new(7);
        for (int i = 0; i < 240; i++)
        {
            bool byMask = i % 4 == 3;
            DetectedPicture[] pictures = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => DrawPicture(random, byMask))];
            double[] expected = PlainCocoScores.Of(pictures, byMask);
            double[] actual = Numbers(CocoDetection.Score(pictures, byMask));
            Assert.True(
                expected.Zip(actual).All(pair => Math.Abs(pair.First - pair.Second) <= 1e-6),
                $"Data set {i}: {string.Join(", ", actual)} instead of {string.Join(", ", expected)}.");
        }
    }

    /// <summary>
    /// A picture of 176 x 176 with up to six things and a few more detections, many of them near things, with few different scores; also
    /// none at all, boxes without area, crowds, and a label without a letter.
    /// </summary>
    private static DetectedPicture DrawPicture(Random random, bool byMask)
    {
        string[] labels = ["cat", "猫 🐈", ""];
        (string Label, double X, double Y, double Width, double Height)[] things =
            [.. Enumerable.Range(0, random.Next(7)).Select(_ => Draw())];
        AnnotatedRegion[] truth = Array.ConvertAll(things, one =>
        {
            RunLengthEncoding? mask = byMask ? Fill(one.X, one.Y, one.Width, one.Height) : null;
            return new AnnotatedRegion(one.Label, one.X, one.Y, one.Width, one.Height)
            {
                IsCrowd = random.Next(6) == 0,
                Mask = mask,
                Area = mask?.Area ?? (random.Next(3) == 0 ? one.Width * one.Height / 2 : one.Width * one.Height),
            };
        });
        ScoredRegion[] found =
        [
            .. Enumerable.Range(0, random.Next(16)).Select(_ =>
            {
                (string label, double x, double y, double width, double height) =
                    things.Length > 0 && random.Next(4) > 0 ? Near(things[random.Next(things.Length)]) : Draw();
                return new ScoredRegion(label, x, y, width, height, random.Next(1, 9) / 8.0)
                {
                    Mask = byMask ? Fill(x, y, width, height) : null,
                };
            }),
        ];
        return new DetectedPicture(truth, found);

        (string, double, double, double, double) Draw()
        {
            int side = random.Next(3) switch { 0 => 8, 1 => 40, _ => 120 };
            return (labels[random.Next(labels.Length)], random.Next(40), random.Next(40), random.Next(side), random.Next(1, side));
        }

        (string, double, double, double, double) Near((string Label, double X, double Y, double Width, double Height) thing) => (
            random.Next(8) == 0 ? labels[random.Next(labels.Length)] : thing.Label,
            Math.Max(0, thing.X + random.Next(-2, 3)),
            Math.Max(0, thing.Y + random.Next(-2, 3)),
            Math.Max(0, thing.Width + random.Next(-2, 3)),
            thing.Height);
    }

    private static RunLengthEncoding Fill(double x, double y, double width, double height)
    {
        bool[] inside = [.. Enumerable.Repeat(true, (int)(width * height))];
        return RunLengthEncoding.FromBox(inside, (int)x, (int)y, (int)height, (int)width, 176, 176);
    }

    private static double[] Numbers(CocoScores scores) =>
    [
        scores.Ap, scores.Ap50, scores.Ap75, scores.ApSmall, scores.ApMedium, scores.ApLarge,
        scores.Ar1, scores.Ar10, scores.Ar100, scores.ArSmall, scores.ArMedium, scores.ArLarge,
    ];

    [Theory]
    [MemberData(nameof(DataSets))]
    public void Every_label_alone_equals_the_COCO_API(string name)
    {
        JsonElement data = Goldens.Cases("datasets").Single(one => one.Text("name") == name);
        bool byMask = data.Text("iou_type") == "segm";
        DetectedPicture[] pictures = Read(data, byMask);
        foreach (JsonProperty label in data.GetProperty("per_category").EnumerateObject().Where(label => label.Name != "-1"))
        {
            CocoScores scores = CocoDetection.Score(
                [
                    .. pictures.Select(picture => new DetectedPicture(
                        [.. picture.Truth.Where(thing => thing.Label == label.Name)],
                        [.. picture.Found.Where(thing => thing.Label == label.Name)])),
                ],
                byMask);
            Assert.Equal(
                ["ap", "ap50", "ap75", "ap_small", "ap_medium", "ap_large", "ar100", "ar1"],
                label.Value.EnumerateObject().Select(one => one.Name));
            double[] actual =
            [
                scores.Ap, scores.Ap50, scores.Ap75, scores.ApSmall, scores.ApMedium, scores.ApLarge, scores.Ar100, scores.Ar1,
            ];
            Assert.All(
                label.Value.EnumerateObject().Select(one => one.Value.GetDouble()).Zip(actual),
                pair => Assert.Equal(pair.First, pair.Second, MetricGoldens.Tolerance));
        }
    }

    private static DetectedPicture[] Read(JsonElement data, bool byMask)
    {
        JsonElement parameters = data.GetProperty("params");
        bool anyLabel = parameters.TryGetProperty("useCats", out _);
        long[]? only = Identifiers("imgIds");
        long[]? labels = Identifiers("catIds");
        JsonElement truth = data.GetProperty("ground_truth");
        return
        [
            .. truth.Cases("images").Where(image => only?.Contains(Integer(image, "id")) ?? true).OrderBy(image => Integer(image, "id"))
                .Select(image => new DetectedPicture(
                    [
                        .. Of(image, truth.Cases("annotations")).Select(item =>
                        {
                            double[] box = item.GetProperty("bbox").Numbers();
                            return new AnnotatedRegion(Label(item), box[0], box[1], box[2], box[3])
                            {
                                Area = item.Number("area"),
                                IsCrowd = item.GetProperty("iscrowd").GetInt32() == 1,
                                Mask = byMask ? Mask(item) : null,
                            };
                        }),
                    ],
                    [
                        .. Of(image, data.Cases("detections")).Select(item =>
                        {
                            double[] box = byMask ? new double[4] : item.GetProperty("bbox").Numbers();
                            return new ScoredRegion(Label(item), box[0], box[1], box[2], box[3], item.Number("score"))
                            {
                                Mask = byMask ? Mask(item) : null,
                            };
                        }),
                    ])),
        ];

        IEnumerable<JsonElement> Of(JsonElement image, IEnumerable<JsonElement> items)
        {
            IEnumerable<JsonElement> own = items.Where(item => Integer(item, "image_id") == Integer(image, "id")
                && (labels?.Contains(Integer(item, "category_id")) ?? true));
            return anyLabel ? own.OrderBy(item => Integer(item, "category_id")) : own;
        }

        string Label(JsonElement item) => anyLabel ? "" : $"{Integer(item, "category_id")}";

        long[]? Identifiers(string name) =>
            parameters.TryGetProperty(name, out JsonElement list) ? [.. list.EnumerateArray().Select(id => id.GetInt64())] : null;

        RunLengthEncoding Mask(JsonElement item)
        {
            JsonElement mask = item.GetProperty("segmentation");
            JsonElement picture = truth.Cases("images").Single(image => Integer(image, "id") == Integer(item, "image_id"));
            (int height, int width) = (picture.GetProperty("height").GetInt32(), picture.GetProperty("width").GetInt32());
            if (mask.ValueKind == JsonValueKind.Array)
            {
                IEnumerable<double[]> polygons = mask.EnumerateArray().Select(MetricGoldens.Numbers);
                return RunLengthEncoding.Union([.. polygons.Select(polygon => MaskPolygon.Fill(polygon, height, width))]);
            }
            JsonElement counts = mask.GetProperty("counts");
            return counts.ValueKind == JsonValueKind.String
                ? RunLengthEncoding.Parse(counts.GetString(), height, width)
                : RunLengthEncoding.FromCounts([.. counts.EnumerateArray().Select(count => count.GetInt32())], height, width);
        }
    }

    private static long Integer(JsonElement item, string name) => item.GetProperty(name).GetInt64();
}
