namespace PaliGemma.Data.Annotations;

/// <summary>A file that describes one picture, in the same place below its own folder and under the same name.</summary>
internal static class SidecarFile
{
    /// <summary>Writes the file about a picture.</summary>
    /// <exception cref="ModelFileException">The picture's path leads out of its folder, or another picture's file has the name.</exception>
    public static void Write(string folder, string picture, string extension, byte[] content)
    {
        string path = PathOf(folder, picture, extension);
        if (File.Exists(path))
        {
            string name = Path.GetRelativePath(folder, path);
            throw new ModelFileException(
                $"The file {name} would have to describe {picture} and another picture; expected names that differ before the extension.");
        }
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
    }

    /// <summary>The file's path.</summary>
    /// <exception cref="ModelFileException">The picture's path leads out of its folder.</exception>
    public static string PathOf(string folder, string picture, string extension)
    {
        string[] parts = picture.Split('/');
        if (Path.IsPathRooted(picture) || parts[0] is [_, ':', ..] || Array.Exists(parts, IsUnsafe))
        {
            throw new ModelFileException($"A picture is called '{picture}'; expected a path inside the folder of pictures.");
        }
        return Path.Combine(folder, Path.ChangeExtension(Path.Combine(parts), extension));
    }

    private static bool IsUnsafe(string part) => part is "" or ".." || part.AsSpan().IndexOfAny(Path.GetInvalidFileNameChars()) >= 0;
}
