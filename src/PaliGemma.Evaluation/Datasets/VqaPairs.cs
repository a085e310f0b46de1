using PaliGemma.Configuration;
using PaliGemma.Tasks;

namespace PaliGemma.Evaluation.Datasets;

/// <summary>
/// VQAv2 and OKVQA (visualqa.org, okvqa.allenai.org): <c>questions</c> in one file and <c>annotations</c> with ten answers each in another,
/// about COCO's pictures of 2014.
/// </summary>
internal static class VqaPairs
{
    /// <summary>VQAv2's validation part; the subset is the answer's type.</summary>
    public static IEnumerable<Example> ReadVqaV2(DatasetFolder folder) =>
        Read(folder, "v2_OpenEnded_mscoco_val2014_questions.json", "v2_mscoco_val2014_annotations.json");

    /// <summary>OKVQA's validation part.</summary>
    public static IEnumerable<Example> ReadOkVqa(DatasetFolder folder) =>
        Read(folder, "OpenEnded_mscoco_val2014_questions.json", "mscoco_val2014_annotations.json");

    private static IEnumerable<Example> Read(DatasetFolder folder, string questions, string annotations)
    {
        Dictionary<long, (string Type, string[] Answers)> answers = [];
        foreach ((long id, string type, string[] ofOne) in RecordFile.List(folder.Find(annotations), "annotations", ReadAnswers))
        {
            answers[id] = (type, ofOne);
        }
        return RecordFile.List(folder.Find(questions), "questions", fields =>
        {
            long id = fields.Identifier("question_id");
            if (!answers.TryGetValue(id, out (string Type, string[] Answers) known))
            {
                throw fields.Unexpected("question_id", $"a question of {annotations}");
            }
            return new Example
            {
                Id = $"{id}",
                Images = [folder.Picture($"COCO_val2014_{fields.Identifier("image_id"):D12}.jpg")],
                Prompt = new AnswerPrompt(fields.RequiredText("question"), "en").Text,
                Answers = known.Answers,
                Subset = known.Type,
            };
        });
    }

    private static (long Id, string Type, string[] Answers) ReadAnswers(JsonFields fields) => (
        fields.Identifier("question_id"),
        fields.Text("answer_type") ?? "",
        [.. fields.Items("answers").Select(answer => answer.RequiredText("answer"))]);
}
