using System.Text.Json;
using PaliGemma.Configuration;
using PaliGemma.Tasks;

namespace PaliGemma.Evaluation.Datasets;

/// <summary>
/// NLVR2's public test part (lil-lab/nlvr) and MaRVL's (marvl-challenge.github.io): a sentence per line that is true or false of two
/// pictures. The answer is the label as NLVR2's records spell it; MaRVL's, which are JSON's true and false, are spelled so too, because one
/// checkpoint answers both.
/// </summary>
internal static class Nlvr2
{
    private static readonly string[] Languages = ["id", "sw", "ta", "tr", "zh"];

    /// <summary>NLVR2.</summary>
    public static IEnumerable<Example> Read(DatasetFolder folder) => RecordFile.Lines(folder.Find("test1.json"), fields =>
    {
        string id = fields.RequiredText("identifier");
        string pair = id[..Math.Max(id.LastIndexOf('-'), 0)];
        return Create(folder, id, ($"{pair}-img0.png", $"{pair}-img1.png"), fields.RequiredText("sentence"), fields, subset: "");
    });

    /// <summary>MaRVL; the subset is the sentence's language.</summary>
    public static IEnumerable<Example> ReadTranslations(DatasetFolder folder)
    {
        Example[] all =
        [
            .. Languages.SelectMany(language => folder.TryFind($"marvl-{language}.jsonl") is string file
                ? RecordFile.Lines(file, fields => Create(
                    folder,
                    $"{language}_{fields.Name("id")}",
                    (fields.RequiredText("left_img"), fields.RequiredText("right_img")),
                    fields.RequiredText("caption"),
                    fields,
                    language))
                : []),
        ];
        return all.Length > 0
            ? all
            : throw new ModelFileException($"The folder {folder.Path} has no marvl-id.jsonl or another language's.");
    }

    private static Example Create(
        DatasetFolder folder, string id, (string Left, string Right) pictures, string sentence, JsonFields fields, string subset) => new()
        {
            Id = id,
            Images = [folder.Picture(pictures.Left), folder.Picture(pictures.Right)],
            Prompt = new AnswerPrompt(sentence, "en").Text,
            Answers = [fields.TryGet("label", out JsonElement label) && label.ValueKind is JsonValueKind.True or JsonValueKind.False
                ? label.GetBoolean() ? "True" : "False"
                : fields.RequiredText("label")],
            Subset = subset,
        };
}
