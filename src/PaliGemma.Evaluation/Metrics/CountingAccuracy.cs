namespace PaliGemma.Evaluation.Metrics;

/// <summary>
/// TallyQA's accuracy (big_vision, evaluators/proj/paligemma/transfers/tallyqa.py): exact, after number words up to
/// twenty have become digits.
/// </summary>
public sealed class CountingAccuracy : AnswerMetric
{
    private static readonly string[] Words =
    [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen",
        "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
    ];

    /// <inheritdoc/>
    public override string Name => "accuracy";

    /// <summary>1 for a right answer, otherwise 0.</summary>
    public static double Score(string prediction, string answer) => ToDigits(prediction) == ToDigits(answer) ? 1 : 0;

    /// <inheritdoc/>
    protected override double Score(Example example, string prediction) => Score(prediction, example.Answers[0]);

    internal static string ToDigits(string text)
    {
        string word = PythonText.ToLower(text);
        int number = word == "none" ? 0 : Array.IndexOf(Words, word);
        return number < 0 ? word : $"{number}";
    }
}
