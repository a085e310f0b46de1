using PaliGemma.Configuration;
using PaliGemma.Kernels;

namespace PaliGemma.Data.Annotations;

/// <summary>Opens files of annotations; what goes wrong is told in a sentence that names the file.</summary>
internal static class AnnotationFile
{
    /// <summary>The longest file about one picture that is read; LabelMe may put the picture itself into it.</summary>
    private const long Longest = 1L << 29;

    /// <summary>Maps a large file.</summary>
    /// <exception cref="ModelFileException">The file is missing or cannot be read.</exception>
    public static MappedFile Map(string path)
    {
        try
        {
            return Directory.Exists(path)
                ? throw new ModelFileException($"{path} is a folder; expected a file of annotations.")
                : new MappedFile(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ModelFileException($"{path} cannot be read: {error.Message}", error);
        }
    }

    /// <summary>Reads the file about one picture.</summary>
    /// <exception cref="ModelFileException">The file is missing, cannot be read, or is too long.</exception>
    public static ReadOnlySpan<byte> ReadAll(string path)
    {
        try
        {
            long length = FileLength.Of(path);
            if (length > Longest)
            {
                throw new ModelFileException($"{path} is {length} bytes long; expected annotations of at most {Longest}.");
            }
            ReadOnlySpan<byte> bytes = File.ReadAllBytes(path);
            return bytes.StartsWith(ByteOrderMark.Bytes) ? bytes[ByteOrderMark.Bytes.Length..] : bytes;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ModelFileException($"{path} cannot be read: {error.Message}", error);
        }
    }

    /// <summary>The files below a folder with an extension, by path.</summary>
    /// <exception cref="ModelFileException">There is no such folder, or none of them in it.</exception>
    public static string[] Below(string folder, string extension)
    {
        try
        {
            string[] files =
            [
                .. Directory.EnumerateFiles(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 32 })
                    .Where(file => Path.GetExtension(file).Equals(extension, StringComparison.OrdinalIgnoreCase))
                    .Order(StringComparer.Ordinal),
            ];
            return files.Length > 0 ? files : throw new ModelFileException($"The folder {folder} holds no {extension} file.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ModelFileException($"{folder} cannot be read: {error.Message}", error);
        }
    }
}
