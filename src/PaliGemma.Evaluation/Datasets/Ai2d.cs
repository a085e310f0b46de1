using System.Text.Json;
using PaliGemma.Configuration;
using PaliGemma.Tasks;

namespace PaliGemma.Evaluation.Datasets;

/// <summary>
/// AI2D's test part (allenai.org/data/diagrams): for each diagram a file of questions with choices, and ai2d_test_ids.csv. Where the
/// choices are letters, the texts in the picture are replaced by them, as <c>annotations</c> says.
/// </summary>
internal static class Ai2d
{
    /// <summary>All questions.</summary>
    public static IEnumerable<Example> Read(DatasetFolder folder)
    {
        HashSet<string> test = [.. RecordFile.TextLines(folder.Find("ai2d_test_ids.csv")).Select(line => line.Trim())];
        foreach (string file in folder.FilesIn("questions", ".json"))
        {
            string name = Path.GetFileName(file);
            if (test.Contains(name.Split('.')[0]))
            {
                foreach (Example example in RecordFile.Whole(file, fields => ReadDiagram(folder, name, fields).ToArray()))
                {
                    yield return example;
                }
            }
        }
    }

    private static IEnumerable<Example> ReadDiagram(DatasetFolder folder, string name, JsonFields diagram)
    {
        JsonFields questions = diagram.Child("questions") ?? throw diagram.Unexpected("questions", "an object of questions");
        string picture = folder.Picture(diagram.RequiredText("imageName"));
        Lazy<PictureText[]> replacements = new(() => RecordFile.Whole(folder.Find($"annotations/{name}"), ReadTexts));
        foreach (JsonProperty member in questions.Object.EnumerateObject())
        {
            JsonFields question = questions.Child(member.Name) ?? throw questions.Unexpected(member.Name, "an object");
            string[] choices = question.Texts("answerTexts");
            string right = choices[question.Integer("correctAnswer", 0, choices.Length - 1, fallback: null)];
            yield return new Example
            {
                Id = question.RequiredText("questionId"),
                Images = [picture],
                Prompt = new MultipleChoicePrompt(member.Name, choices).Text,
                Answers = [right],
                Texts = question.Flag("abcLabel", fallback: false) ? replacements.Value : [],
            };
        }
    }

    private static PictureText[] ReadTexts(JsonFields annotation)
    {
        JsonFields texts = annotation.Child("text") ?? throw annotation.Unexpected("text", "an object of texts");
        return
        [
            .. texts.Object.EnumerateObject().Select(member =>
            {
                JsonFields text = texts.Child(member.Name) ?? throw texts.Unexpected(member.Name, "an object");
                if (!text.TryGet("rectangle", out JsonElement corners)
                    || corners.ValueKind != JsonValueKind.Array || corners.GetArrayLength() != 2)
                {
                    throw text.Unexpected("rectangle", "two corners");
                }
                (float[] first, float[] second) = (text.Numbers("rectangle[0]", corners[0]), text.Numbers("rectangle[1]", corners[1]));
                return first.Length == 2 && second.Length == 2
                    ? new PictureText(new PixelBox(first[1], first[0], second[1], second[0]), text.RequiredText("replacementText"))
                    : throw text.Unexpected("rectangle", "two corners of two numbers");
            }),
        ];
    }
}
