using PaliGemma.Imaging;

namespace PaliGemma.Cli.Commands;

/// <summary>Turns the picture arguments, files and folders, into a list of files.</summary>
internal static class ImageSources
{
    /// <summary>The files in the order given; a folder stands for the pictures directly in it, by name.</summary>
    /// <exception cref="ModelFileException">A file does not exist, or a folder holds no picture.</exception>
    public static IReadOnlyList<string> Expand(IEnumerable<string> arguments)
    {
        List<string> files = [];
        foreach (string argument in arguments)
        {
            if (!Directory.Exists(argument))
            {
                files.Add(File.Exists(argument) ? argument : throw new ModelFileException($"There is no picture or folder {argument}."));
                continue;
            }
            string[] inside = [.. Directory.EnumerateFiles(argument)
                .Where(file => ImageFile.Extensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase))
                .Order(StringComparer.Ordinal)];
            if (inside.Length == 0)
            {
                throw new ModelFileException($"The folder {argument} holds no picture ({string.Join(", ", ImageFile.Extensions)}).");
            }
            files.AddRange(inside);
        }
        return files;
    }
}
