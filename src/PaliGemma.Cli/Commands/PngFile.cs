using PaliGemma.Imaging;

namespace PaliGemma.Cli.Commands;

/// <summary>The name of a PNG file, or of a folder for some, that an option gives.</summary>
internal static class PngFile
{
    /// <summary>Checks, before anything is done, that the file can be written.</summary>
    /// <param name="option">The option's name.</param>
    /// <param name="file">What it gives.</param>
    /// <exception cref="ArgumentException">The name is not that of a PNG file.</exception>
    /// <exception cref="ModelFileException">The file cannot be written.</exception>
    public static void Check(string option, string file)
    {
        if (!Path.GetExtension(file).Equals(".png", StringComparison.OrdinalIgnoreCase) || Directory.Exists(file))
        {
            throw new ArgumentException($"{option} is '{file}'; expected the name of a PNG file to write, such as found.png.");
        }
        PngWriter.CheckPlace(file);
    }

    /// <summary>Creates a folder for PNG files, and checks, before anything is done, that they can be written.</summary>
    /// <param name="option">The option's name.</param>
    /// <param name="folder">What it gives.</param>
    /// <param name="names">Names of files in the folder.</param>
    /// <returns>The files.</returns>
    /// <exception cref="ModelFileException">There can be no such files in the folder.</exception>
    public static string[] CreateFolder(string option, string folder, params string[] names)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ModelFileException($"{option} {folder} cannot be created: {error.Message}", error);
        }
        string[] files = Array.ConvertAll(names, name => Path.Combine(folder, name));
        Array.ForEach(files, PngWriter.CheckPlace);
        return files;
    }
}
