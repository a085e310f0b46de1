using System.Text.Json;
using PaliGemma.Tasks;

namespace PaliGemma.Tests.Tasks;

/// <summary>The masks and results of the COCO API in tests/Goldens/metrics/coco_rle.json.</summary>
internal static class CocoMaskGoldens
{
    private static readonly JsonDocument Document = JsonDocument.Parse(File.ReadAllBytes(Goldens.Path("metrics/coco_rle.json")));

    public static IEnumerable<JsonElement> Cases(string list) => Document.RootElement.GetProperty(list).EnumerateArray();

    public static (int Height, int Width) Size(JsonElement item) => item.TryGetProperty("size", out JsonElement size)
        ? (size[0].GetInt32(), size[1].GetInt32())
        : (item.GetProperty("h").GetInt32(), item.GetProperty("w").GetInt32());

    public static bool[] Mask(JsonElement item, string name = "mask")
    {
        byte[] bytes = Convert.FromHexString(item.GetProperty(name).GetString()!);
        (int height, int width) = Size(item);
        return [.. Enumerable.Range(0, height * width).Select(i => ((bytes[i / 8] >> (7 - (i % 8))) & 1) == 1)];
    }

    public static int[] Integers(JsonElement numbers) => [.. numbers.EnumerateArray().Select(number => number.GetInt32())];

    public static double[] Numbers(JsonElement numbers) => [.. numbers.EnumerateArray().Select(number => number.GetDouble())];

    public static RunLengthEncoding Parse(JsonElement item)
    {
        (int height, int width) = Size(item);
        return RunLengthEncoding.Parse(item.GetProperty("counts").GetString(), height, width);
    }

    public static void AssertEqual(JsonElement expected, RunLengthEncoding actual)
    {
        Assert.Equal(expected.GetProperty("counts").GetString(), actual.ToCompressedString());
        Assert.Equal(expected.GetProperty("area").GetInt32(), actual.Area);
        if (!expected.TryGetProperty("bbox_wraps", out _))
        {
            (int x, int y, int width, int height) = actual.Bounds;
            Assert.Equal<double[]>([x, y, width, height], Numbers(expected.GetProperty("bbox")));
        }
    }
}
