using System.Text.Json;
using PaliGemma.Configuration;

namespace PaliGemma.Evaluation.Datasets;

/// <summary>
/// Any benchmark as lines of JSON: <c>image</c> (a name or a list of names), <c>prefix</c> (the prompt) and <c>suffix</c> (the answer or a
/// list of answers), and if wanted <c>id</c>, <c>subset</c> and <c>group</c>.
/// </summary>
internal static class GenericLines
{
    /// <summary>All lines of the folder's one file <c>*.jsonl</c>, or of test.jsonl.</summary>
    public static IEnumerable<Example> Read(DatasetFolder folder)
    {
        string[] files = [.. Directory.EnumerateFiles(folder.Path, "*.jsonl").Order(StringComparer.Ordinal)];
        int number = 0;
        return RecordFile.Lines(files.Length == 1 ? files[0] : folder.Find("test.jsonl"), fields => new Example
        {
            Id = fields.Text("id") ?? $"{number++}",
            Images = Array.ConvertAll(OneOrMore(fields, "image"), folder.Picture),
            Prompt = fields.RequiredText("prefix"),
            Answers = OneOrMore(fields, "suffix"),
            Subset = fields.Text("subset") ?? "",
            Group = fields.Text("group") ?? "",
        });
    }

    private static string[] OneOrMore(JsonFields fields, string name) =>
        fields.TryGet(name, out JsonElement value) && value.ValueKind == JsonValueKind.Array
            ? fields.Texts(name)
            : [fields.RequiredText(name)];
}
