namespace PaliGemma;

/// <summary>
/// A file of a model, tokenizer, image or data set is not what it should be. The message is one sentence that names the file, the field
/// and what was expected, and is meant to be shown to the user as it is.
/// </summary>
/// <remarks>
/// Files choose some of the words, such as names of tensors: control characters become spaces, so that none steers a terminal, and what is
/// too long for a sentence is cut.
/// </remarks>
public sealed class ModelFileException : Exception
{
    private const int Longest = 2000;

    /// <summary>Creates the exception with the sentence to show.</summary>
    public ModelFileException(string message)
        : base(Printable(message))
    {
    }

    /// <summary>Creates the exception with the sentence to show and its cause.</summary>
    public ModelFileException(string message, Exception innerException)
        : base(Printable(message), innerException)
    {
    }

    /// <summary>Creates the exception without a sentence.</summary>
    public ModelFileException()
    {
    }

    private static string Printable(string message)
    {
        ArgumentNullException.ThrowIfNull(message);
        string cut = message.Length <= Longest ? message : string.Concat(message.AsSpan(0, Longest), "…");
        return cut.Any(char.IsControl) ? string.Create(cut.Length, cut, ReplaceControls) : cut;
    }

    private static void ReplaceControls(Span<char> destination, string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            destination[i] = char.IsControl(text[i]) ? ' ' : text[i];
        }
    }
}
