using PaliGemma.Configuration;
using PaliGemma.Tasks;

namespace PaliGemma.Evaluation.Datasets;

/// <summary>
/// A-OKVQA's validation part (allenai/aokvqa): one list of questions, with choices and with ten free answers, about COCO's pictures of
/// 2017.
/// </summary>
internal static class AOkVqa
{
    /// <summary>The questions with their choices.</summary>
    public static IEnumerable<Example> ReadChoices(DatasetFolder folder) => Read(folder, fields =>
    {
        string[] choices = fields.Texts("choices");
        string right = choices[fields.Integer("correct_choice_idx", 0, choices.Length - 1, fallback: null)];
        return (new MultipleChoicePrompt(fields.RequiredText("question"), choices), [right]);
    });

    /// <summary>The questions without them.</summary>
    public static IEnumerable<Example> ReadDirect(DatasetFolder folder) => Read(folder, fields =>
        (new AnswerPrompt(fields.RequiredText("question"), "en"), fields.Texts("direct_answers")));

    private static IEnumerable<Example> Read(DatasetFolder folder, Func<JsonFields, (TaskPrompt Prompt, string[] Answers)> read) =>
        RecordFile.List(folder.Find("aokvqa_v1p0_val.json"), "", fields =>
        {
            (TaskPrompt prompt, string[] answers) = read(fields);
            return new Example
            {
                Id = fields.RequiredText("question_id"),
                Images = [folder.Picture($"{fields.Identifier("image_id"):D12}.jpg")],
                Prompt = prompt.Text,
                Answers = answers,
            };
        });
}
