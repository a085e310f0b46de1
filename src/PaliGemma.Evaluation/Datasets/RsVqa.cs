using PaliGemma.Configuration;
using PaliGemma.Tasks;

namespace PaliGemma.Evaluation.Datasets;

/// <summary>
/// RSVQA's questions about aerial pictures (rsvqa.sylvainlobry.com): <c>questions</c> in one file and <c>answers</c> in another, of which
/// only the active ones count. Numbers are answered by the range they lie in.
/// </summary>
internal static class RsVqa
{
    /// <summary>The ranges and what they are called.</summary>
    private static readonly (long Last, string Count, string Area)[] Ranges =
    [
        (0, "0", "0 m2"), (10, "between 1 and 10", "between 1 m2 and 10 m2"), (100, "between 11 and 100", "between 11 m2 and 100 m2"),
        (1000, "between 101 and 1000", "between 101 m2 and 1000 m2"), (long.MaxValue, "more than 1000", "more than 1000 m2"),
    ];

    /// <summary>The low-resolution test part; the subset is the question's type.</summary>
    public static IEnumerable<Example> ReadLow(DatasetFolder folder) => Read(folder, "LR_split_test", (answer, type) =>
        type == "count" && long.TryParse(answer, out long count) ? Array.Find(Ranges, range => count <= range.Last).Count : answer);

    /// <summary>The high-resolution test part, or that of another area (<c>test_phili</c>); the subset is the question's type.</summary>
    public static IEnumerable<Example> ReadHigh(DatasetFolder folder, string part) => Read(folder, $"USGS_split_{part}", (answer, type) =>
        type == "area" && answer.EndsWith("m2", StringComparison.Ordinal) && long.TryParse(answer[..^2], out long area)
            ? Array.Find(Ranges, range => area <= range.Last).Area
            : answer);

    private static IEnumerable<Example> Read(DatasetFolder folder, string part, Func<string, string, string> toRange)
    {
        Dictionary<long, string> answers = [];
        foreach ((long question, string answer) in RecordFile.List(
            folder.Find($"{part}_answers.json"), "answers", fields => IsActive(fields)
                ? (fields.Identifier("question_id"), fields.RequiredText("answer"))
                : (-1, "")))
        {
            answers[question] = answer;
        }
        return RecordFile.List(folder.Find($"{part}_questions.json"), "questions", fields =>
        {
            if (!IsActive(fields))
            {
                return null;
            }
            long id = fields.Identifier("id");
            string type = fields.RequiredText("type");
            return new Example
            {
                Id = $"{id}",
                Images = [folder.Picture($"{fields.Identifier("img_id")}.png")],
                Prompt = new AnswerPrompt(fields.RequiredText("question"), "en").Text,
                Answers = answers.TryGetValue(id, out string? answer)
                    ? [toRange(answer, type)]
                    : throw fields.Unexpected("id", $"a question of {part}_answers.json"),
                Subset = type,
            };
        }).OfType<Example>();
    }

    private static bool IsActive(JsonFields fields) => fields.Flag("active", fallback: true);
}
