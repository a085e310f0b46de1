namespace PaliGemma.Tasks;

/// <summary>The languages PaliGemma was pre-trained to answer in, by their codes in prompts.</summary>
public static class TaskLanguage
{
    /// <summary>The 35 codes; ISO 639-1, but for <c>fil</c>.</summary>
    public static IReadOnlyList<string> Codes { get; } =
    [
        "ar", "bn", "cs", "da", "de", "el", "en", "es", "fa", "fi", "fil", "fr", "he", "hi", "hr", "hu", "id", "it",
        "ja", "ko", "mi", "nl", "no", "pl", "pt", "ro", "ru", "sv", "sw", "te", "th", "tr", "uk", "vi", "zh",
    ];

    /// <summary>Returns <paramref name="code"/> if it is one of <see cref="Codes"/>.</summary>
    /// <exception cref="ArgumentException">It is not; the message lists those that are.</exception>
    public static string Checked(string code) => Codes.Contains(code) ? code : throw new ArgumentException(Fault(code));

    /// <summary>
    /// What is wrong with the language of a prompt such as <c>caption xx</c>, in a sentence. Null where nothing is, or where what follows the
    /// verb does not look like the code of a language: two letters, or three that are the whole rest, with or without a region.
    /// </summary>
    public static string? FaultOf(string prompt)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        string[] words = prompt.Split(' ');
        if (words is not ["cap" or "caption" or "describe" or "answer" or "question", string code, ..] || Codes.Contains(code))
        {
            return null;
        }
        string language = code.Split('-', '_')[0];
        bool isCode = language.Length == 2 || (language.Length == 3 && words.Length == 2);
        return isCode && language.All(char.IsAsciiLetter) ? Fault(code) : null;
    }

    private static string Fault(string code) => $"PaliGemma was not trained to answer in '{code}'; it knows {string.Join(", ", Codes)}.";
}
