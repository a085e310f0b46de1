using System.Text.Json;
using PaliGemma.Tasks;

namespace PaliGemma.Evaluation.Datasets;

/// <summary>
/// SciCap's test part, first sentences, figures without parts (tingyaohsu/SciCap): file_idx.json lists the figures, and each has a file of
/// captions, of which the one in lower case without the figure's number counts.
/// </summary>
internal static class SciCap
{
    private const string List = "First-Sentence/No-Subfig/test/file_idx.json";

    /// <summary>All figures.</summary>
    public static IEnumerable<Example> Read(DatasetFolder folder)
    {
        string list = folder.Find(List);
        foreach (string figure in ReadNames(list))
        {
            string caption = RecordFile.Whole(folder.Find($"SciCap-Caption-All/test/{Path.ChangeExtension(figure, ".json")}"), fields =>
                (fields.Child("1-lowercase-and-token-and-remove-figure-index")
                    ?? throw fields.Unexpected("1-lowercase-and-token-and-remove-figure-index", "an object")).RequiredText("caption"));
            yield return new Example
            {
                Id = figure,
                Images = [folder.Picture($"SciCap-No-Subfig-Img/test/{figure}")],
                Prompt = new CaptionPrompt("en").Text,
                Answers = [caption],
            };
        }
    }

    private static string[] ReadNames(string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(ModelFile.ReadAll(path, 1 << 26));
            IEnumerable<string?> names = document.RootElement.EnumerateArray().Select(name => name.GetString());
            return [.. names.Select(name => name ?? throw new FormatException("A name is null."))];
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException)
        {
            throw new ModelFileException($"{path} is not a JSON list of names: {error.Message}", error);
        }
    }
}
