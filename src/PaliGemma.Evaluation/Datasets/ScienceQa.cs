using PaliGemma.Tasks;

namespace PaliGemma.Evaluation.Datasets;

/// <summary>
/// ScienceQA's test questions that have a picture (scienceqa.github.io): problems.json, an object whose members are the questions.
/// </summary>
internal static class ScienceQa
{
    /// <summary>All questions with a picture; the subset is the school subject.</summary>
    public static IEnumerable<Example> Read(DatasetFolder folder) => RecordFile.Members(folder.Find("problems.json"), (id, fields) =>
    {
        if (fields.RequiredText("split") != "test" || fields.Text("image") is not string image)
        {
            return null;
        }
        string[] choices = fields.Texts("choices");
        string hint = fields.Text("hint") ?? "";
        return new Example
        {
            Id = id,
            Images = [folder.Picture($"test/{id}/{image}")],
            Prompt = new ScienceQuestionPrompt(fields.RequiredText("question"), hint.Length > 0 ? hint : "N/A", choices).Text,
            Answers = [$"The answer is {(char)('A' + fields.Integer("answer", 0, choices.Length - 1, fallback: null))}."],
            Subset = fields.Text("subject") ?? "",
        };
    }).OfType<Example>();
}
