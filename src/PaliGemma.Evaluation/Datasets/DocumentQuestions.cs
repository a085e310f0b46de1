using PaliGemma.Configuration;
using PaliGemma.Tasks;

namespace PaliGemma.Evaluation.Datasets;

/// <summary>
/// Questions about text in pictures, as the reading competitions publish them: a list <c>data</c> of records with a question, a picture and
/// answers. TextVQA (textvqa.org), DocVQA and InfographicVQA (docvqa.org), ST-VQA (rrc.cvc.uab.es).
/// </summary>
internal static class DocumentQuestions
{
    /// <summary>TextVQA's validation part, with ten answers to a question.</summary>
    public static IEnumerable<Example> ReadTextVqa(DatasetFolder folder) =>
        Read(folder, "question_id", fields => $"{fields.RequiredText("image_id")}.jpg", Asked, "TextVQA_0.5.1_val.json");

    /// <summary>DocVQA's validation part; the question is asked without a verb.</summary>
    public static IEnumerable<Example> ReadDocVqa(DatasetFolder folder) =>
        Read(
            folder,
            "questionId",
            fields => fields.RequiredText("image"),
            question => new FreePrompt(question),
            "val_v1.0_withQT.json",
            "val_v1.0.json");

    /// <summary>InfographicVQA's validation part.</summary>
    public static IEnumerable<Example> ReadInfoVqa(DatasetFolder folder) => Read(
        folder,
        "questionId",
        fields => fields.RequiredText("image_local_name"),
        Asked,
        "infographicsVQA_val_v1.0_withQT.json",
        "infographicsVQA_val_v1.0.json");

    /// <summary>ST-VQA's training part, the only one with answers.</summary>
    public static IEnumerable<Example> ReadStVqa(DatasetFolder folder) =>
        Read(folder, "question_id", fields => fields.RequiredText("file_path"), Asked, "train_task_3.json");

    private static AnswerPrompt Asked(string question) => new(question, "en");

    private static IEnumerable<Example> Read(
        DatasetFolder folder, string id, Func<JsonFields, string> picture, Func<string, TaskPrompt> prompt, params string[] files) =>
        RecordFile.List(folder.Find(files), "data", fields => new Example
        {
            Id = fields.Name(id),
            Images = [folder.Picture(picture(fields))],
            Prompt = prompt(fields.RequiredText("question")).Text,
            Answers = fields.Texts("answers"),
        });
}
