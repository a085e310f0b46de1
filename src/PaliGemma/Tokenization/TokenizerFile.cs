namespace PaliGemma.Tokenization;

/// <summary>Reads a tokenizer's file into memory.</summary>
internal static class TokenizerFile
{
    /// <exception cref="ModelFileException">The file is missing, cannot be read, or is longer than <paramref name="longest"/> bytes.</exception>
    public static byte[] ReadAll(string path, long longest)
    {
        try
        {
            long length = FileLength.Of(path);
            return length <= longest
                ? File.ReadAllBytes(path)
                : throw new ModelFileException($"{path} is {length} bytes long; expected a tokenizer of at most {longest}.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ModelFileException($"{path} cannot be read: {error.Message}", error);
        }
    }
}
