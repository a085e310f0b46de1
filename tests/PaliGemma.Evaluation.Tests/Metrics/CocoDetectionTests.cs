using System.Text.Json;
using PaliGemma.Evaluation.Metrics;
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
        CocoScores scores = CocoDetection.Score(Read(data, byMask), byMask);
        double[] actual =
        [
            scores.Ap, scores.Ap50, scores.Ap75, scores.ApSmall, scores.ApMedium, scores.ApLarge,
            scores.Ar1, scores.Ar10, scores.Ar100, scores.ArSmall, scores.ArMedium, scores.ArLarge,
        ];
        Assert.All(data.GetProperty("stats").Numbers().Zip(actual), pair => Assert.Equal(pair.First, pair.Second, MetricGoldens.Tolerance));
    }

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
