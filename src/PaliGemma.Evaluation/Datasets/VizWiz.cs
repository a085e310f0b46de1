using PaliGemma.Tasks;

namespace PaliGemma.Evaluation.Datasets;

/// <summary>VizWiz-VQA's validation part (vizwiz.org): one list of questions with ten answers each; empty answers are left out.</summary>
internal static class VizWiz
{
    /// <summary>All questions; the subset is the answer's type.</summary>
    public static IEnumerable<Example> Read(DatasetFolder folder) => RecordFile.List(folder.Find("val.json"), "", fields => new Example
    {
        Id = fields.RequiredText("image"),
        Images = [folder.Picture(fields.RequiredText("image"))],
        Prompt = new AnswerPrompt(fields.RequiredText("question"), "en").Text,
        Answers = [.. fields.Items("answers").Select(answer => answer.RequiredText("answer")).Where(answer => answer.Length > 0)],
        Subset = fields.Text("answer_type") ?? "",
    });
}
