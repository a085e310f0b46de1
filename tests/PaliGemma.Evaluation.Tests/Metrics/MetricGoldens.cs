using System.Text.Json;
using PaliGemma.Evaluation.Metrics;

namespace PaliGemma.Evaluation.Tests.Metrics;

/// <summary>What the original scorers gave, in tests/Goldens/metrics.</summary>
internal static class MetricGoldens
{
    public const double Tolerance = 1e-9;

    public static JsonElement Open(string file)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(PaliGemma.Tests.Goldens.Path("metrics", file)));
        return document.RootElement.Clone();
    }

    public static IEnumerable<JsonElement> Cases(this JsonElement document, string list) => document.GetProperty(list).EnumerateArray();

    public static string Text(this JsonElement item, string name) => item.GetProperty(name).GetString()!;

    public static double Number(this JsonElement item, string name) => item.GetProperty(name).GetDouble();

    public static string[] Texts(this JsonElement list) => [.. list.EnumerateArray().Select(text => text.GetString()!)];

    public static double[] Numbers(this JsonElement list) => [.. list.EnumerateArray().Select(number => number.GetDouble())];

    public static ExampleAnswer Answer(string text, string[] answers, string subset = "", string group = "") => new(
        new Example { Id = "", Images = [], Prompt = "", Answers = answers, Subset = subset, Group = group }, text, []);
}
