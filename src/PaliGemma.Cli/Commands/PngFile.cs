using PaliGemma.Imaging;

namespace PaliGemma.Cli.Commands;

/// <summary>The name of a PNG file that an option gives.</summary>
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
}
