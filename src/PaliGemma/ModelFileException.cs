namespace PaliGemma;

/// <summary>
/// A file of a model, tokenizer, image or data set is not what it should be. The message is one sentence that names the file, the field
/// and what was expected, and is meant to be shown to the user as it is.
/// </summary>
public sealed class ModelFileException : Exception
{
    /// <summary>Creates the exception with the sentence to show.</summary>
    public ModelFileException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with the sentence to show and its cause.</summary>
    public ModelFileException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Creates the exception without a sentence.</summary>
    public ModelFileException()
    {
    }
}
