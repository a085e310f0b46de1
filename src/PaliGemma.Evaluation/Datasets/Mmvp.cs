using System.Text.RegularExpressions;
using PaliGemma.Tasks;

namespace PaliGemma.Evaluation.Datasets;

/// <summary>
/// MMVP (MMVP/MMVP on Hugging Face): Questions.csv and pictures by number; the questions 1 and 2, 3 and 4 and so on are pairs. The choices
/// stand in one text, <c>(a) Open (b) Closed</c>.
/// </summary>
internal static partial class Mmvp
{
    /// <summary>All questions.</summary>
    public static IEnumerable<Example> Read(DatasetFolder folder)
    {
        string path = folder.Find("Questions.csv");
        foreach (string[] row in RecordFile.Rows(path, "Index", "Question", "Options", "Correct Answer"))
        {
            if (!int.TryParse(row[0], out int number))
            {
                throw new ModelFileException($"{path}: Index is {row[0]}; expected a number.");
            }
            string letter = row[3].Trim();
            Match choice = Choice().Matches(row[2]).FirstOrDefault(match => match.Groups["letter"].Value == letter)
                ?? throw new ModelFileException($"{path}: Correct Answer of {number} is {letter}; expected one of {row[2]}.");
            yield return new Example
            {
                Id = $"{number}",
                Images = [folder.Picture($"{number}.jpg")],
                Prompt = new AnswerPrompt($"{row[1].Trim()} {row[2].Trim()}", "en").Text,
                Answers = [letter, letter.Trim('(', ')'), choice.Groups["text"].Value.Trim()],
                Group = $"{(number - 1) / 2}",
            };
        }
    }

    [GeneratedRegex(@"(?<letter>\([a-z]\))(?<text>.*?)(?=\([a-z]\)|$)")]
    private static partial Regex Choice();
}
