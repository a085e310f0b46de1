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
    public static string Checked(string code) => Codes.Contains(code)
        ? code
        : throw new ArgumentException($"PaliGemma was not trained to answer in '{code}'; it knows {string.Join(", ", Codes)}.");
}
