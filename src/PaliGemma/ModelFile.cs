namespace PaliGemma;

/// <summary>Reads a small file of a model into memory: a configuration, an index, a tokenizer.</summary>
internal static class ModelFile
{
    /// <exception cref="ModelFileException">The file is missing, cannot be read, or is longer than <paramref name="longest"/>
    /// bytes.</exception>
    public static byte[] ReadAll(string path, long longest)
    {
        try
        {
            long length = FileLength.Of(path);
            return length <= longest
                ? File.ReadAllBytes(path)
                : throw new ModelFileException($"{path} is {length} bytes long; expected at most {longest}.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ModelFileException($"{path} cannot be read: {error.Message}", error);
        }
    }
}
