using PaliGemma.Tasks;

namespace PaliGemma.Evaluation.Datasets;

/// <summary>
/// OCR-VQA's test part (ocr-vqa.github.io): dataset.json, an object whose members are book covers with several questions each.
/// </summary>
internal static class OcrVqa
{
    private const int TestPart = 3;

    /// <summary>All questions.</summary>
    public static IEnumerable<Example> Read(DatasetFolder folder) => RecordFile.Members(folder.Find("dataset.json"), (id, fields) =>
    {
        if (fields.Integer("split", 1, TestPart, fallback: null) != TestPart)
        {
            return [];
        }
        string[] questions = fields.Texts("questions");
        string[] answers = fields.Texts("answers");
        if (questions.Length != answers.Length)
        {
            throw fields.Wrong("answers", $"has {answers.Length} items", $"expected {questions.Length}, one for each question");
        }
        string picture = folder.Picture($"{id}.jpg");
        return questions.Zip(answers).Select((pair, i) => new Example
        {
            Id = $"{id}_{i}",
            Images = [picture],
            Prompt = new AnswerPrompt(pair.First, "en").Text,
            Answers = [pair.Second],
        }).ToArray();
    }).SelectMany(ofCover => ofCover);
}
