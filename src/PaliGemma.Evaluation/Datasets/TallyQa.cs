using PaliGemma.Tasks;

namespace PaliGemma.Evaluation.Datasets;

/// <summary>TallyQA's test part (manoja328/TallyQA): one list of questions about pictures of COCO and Visual Genome.</summary>
internal static class TallyQa
{
    /// <summary>The simple questions, or the complex ones.</summary>
    public static IEnumerable<Example> Read(DatasetFolder folder, bool isSimple) =>
        RecordFile.List(folder.Find("test.json"), "", fields => fields.Flag("issimple", fallback: false) != isSimple ? null : new Example
        {
            Id = fields.Name("question_id"),
            Images = [folder.Picture(fields.RequiredText("image"))],
            Prompt = new AnswerPrompt(fields.RequiredText("question"), "en").Text,
            Answers = [fields.Name("answer")],
        }).OfType<Example>();
}
