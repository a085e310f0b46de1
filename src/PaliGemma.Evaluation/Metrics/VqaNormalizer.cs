using System.Text;

namespace PaliGemma.Evaluation.Metrics;

/// <summary>
/// How answers are made alike before they are compared (GT-Vision-Lab/VQA, PythonEvaluationTools/vqaEvaluation/vqaEval.py). It runs under
/// Python 2: digits are ASCII's, and only the first 32 periods are removed.
/// </summary>
public static class VqaNormalizer
{
    private const string Marks = ";/[]\"{}()=+\\_-><@`,?!";
    private const int MostPeriods = 32;

    /// <summary>The words of the reference's table of contractions; it knows each with one of its apostrophes missing.</summary>
    private const string ContractedWords = """
        ain't aren't can't could've couldn't couldn't've didn't doesn't don't hadn't hadn't've hasn't haven't he'd he'd've he's how'd
        how'll how's isn't it'd it'd've it'll ma'am mightn't mightn't've might've mustn't must've needn't not've o'clock oughtn't 'ow's'at
        shan't she'd've should've shouldn't shouldn't've somebody'd've somebody'll somebody's someone'd someone'd've someone'll someone's
        something'd something'd've something'll that's there'd there'd've there're there's they'd they'd've they'll they're they've 'twas
        wasn't we'd've we've weren't what'll what're what's what've when's where'd where's where've who'd who'd've who'll who's who've
        why'll why're why's won't would've wouldn't wouldn't've y'all y'all'll y'all'd've you'd you'd've you'll you're you've
        """;

    private static readonly Dictionary<string, string> Contractions = CreateContractions();

    private static readonly string[] NumberWords = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];

    /// <summary>The normalised answer.</summary>
    public static string Normalize(string answer) => NormalizeWords(NormalizePunctuation(answer));

    /// <summary>
    /// Deletes a mark that stands beside a space somewhere, and all marks if there is a comma between digits; other marks become spaces.
    /// Periods are deleted unless a digit follows.
    /// </summary>
    internal static string NormalizePunctuation(string text)
    {
        bool hasGroupedDigits = HasGroupedDigits(text);
        string result = text;
        foreach (char mark in Marks)
        {
            bool deleted = hasGroupedDigits
                || text.Contains($"{mark} ", StringComparison.Ordinal) || text.Contains($" {mark}", StringComparison.Ordinal);
            result = result.Replace(mark.ToString(), deleted ? "" : " ", StringComparison.Ordinal);
        }
        StringBuilder kept = new(result.Length);
        int periods = 0;
        for (int i = 0; i < result.Length; i++)
        {
            bool period = result[i] == '.' && (i + 1 == result.Length || !char.IsAsciiDigit(result[i + 1]));
            if (!period || ++periods > MostPeriods)
            {
                kept.Append(result[i]);
            }
        }
        return kept.ToString();
    }

    /// <summary>Lower case; number words to digits, articles dropped, missing apostrophes added; one space between words.</summary>
    internal static string NormalizeWords(string text)
    {
        List<string> words = [];
        foreach (string word in Split(string.Concat(text.Select(PythonText.ToLowerSimple))))
        {
            int value = word == "none" ? 0 : Array.IndexOf(NumberWords, word);
            string number = value < 0 ? word : $"{value}";
            if (number is not ("a" or "an" or "the"))
            {
                words.Add(Contractions.GetValueOrDefault(number, number));
            }
        }
        return string.Join(' ', words);
    }

    /// <summary>Python 2 takes the Mongolian vowel separator for white space too.</summary>
    private static string[] Split(string text) => PythonText.Split(text.Replace('\u180E', ' '));

    private static bool HasGroupedDigits(string text)
    {
        for (int i = 1; i + 1 < text.Length; i++)
        {
            if (text[i] == ',' && char.IsAsciiDigit(text[i - 1]) && char.IsAsciiDigit(text[i + 1]))
            {
                return true;
            }
        }
        return false;
    }

    private static Dictionary<string, string> CreateContractions()
    {
        // The reference's one slip.
        Dictionary<string, string> contractions = new() { ["somebody'd"] = "somebodyd" };
        foreach (string word in PythonText.Split(ContractedWords))
        {
            for (int i = 0; i < word.Length; i++)
            {
                if (word[i] == '\'')
                {
                    contractions.Add(word.Remove(i, 1), word);
                }
            }
        }
        return contractions;
    }
}
