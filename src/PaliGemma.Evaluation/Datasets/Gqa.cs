using PaliGemma.Tasks;

namespace PaliGemma.Evaluation.Datasets;

/// <summary>
/// GQA's balanced testdev part (cs.stanford.edu/people/dorarad/gqa), and xGQA's translations of it (adapter-hub/xGQA): an object whose
/// members are the questions.
/// </summary>
internal static class Gqa
{
    private static readonly string[] Languages = ["bn", "de", "id", "ko", "pt", "ru", "zh"];

    /// <summary>GQA.</summary>
    public static IEnumerable<Example> Read(DatasetFolder folder) =>
        Read(folder, folder.Find("testdev_balanced_questions.json"), subset: "");

    /// <summary>xGQA; the subset is the question's language. Answers are in English.</summary>
    public static IEnumerable<Example> ReadTranslations(DatasetFolder folder)
    {
        (string Language, string File)[] found =
        [
            .. Languages.Select(language => (language, folder.TryFind($"testdev_balanced_questions_{language}.json")))
                .Where(one => one.Item2 is not null).Select(one => (one.language, one.Item2!)),
        ];
        return found.Length > 0
            ? found.SelectMany(one => Read(folder, one.File, one.Language))
            : throw new ModelFileException($"The folder {folder.Path} has no testdev_balanced_questions_de.json or another language's.");
    }

    private static IEnumerable<Example> Read(DatasetFolder folder, string file, string subset) =>
        RecordFile.Members(file, (id, fields) => new Example
        {
            Id = subset.Length == 0 ? id : $"{id}_{subset}",
            Images = [folder.Picture($"{fields.RequiredText("imageId")}.jpg")],
            Prompt = new AnswerPrompt(fields.RequiredText("question"), "en").Text,
            Answers = [fields.RequiredText("answer")],
            Subset = subset,
        });
}
