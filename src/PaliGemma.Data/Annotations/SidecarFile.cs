namespace PaliGemma.Data.Annotations;

/// <summary>A file that describes one picture, in the same place below its own folder and under the same name.</summary>
internal static class SidecarFile
{
    /// <summary>Writes the file about a picture.</summary>
    /// <exception cref="ModelFileException">The picture's path leads out of its folder, or another picture's file has the name.</exception>
    public static void Write(string folder, AnnotatedImage image, string extension, byte[] content)
    {
        string path = PathOf(folder, image.Path, extension, image.Origin);
        if (File.Exists(path))
        {
            string name = Path.GetRelativePath(folder, path);
            throw new ModelFileException(
                $"{image.Origin} is '{image.Path}', and {name} describes another picture already; "
                + "expected names that differ before the extension.");
        }
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
    }

    /// <summary>The file's path.</summary>
    /// <param name="folder">The folder of such files.</param>
    /// <param name="picture">The picture's path.</param>
    /// <param name="extension">The file's extension.</param>
    /// <param name="origin">Where the picture is named, for errors.</param>
    /// <exception cref="ModelFileException">The picture's path leads out of its folder.</exception>
    public static string PathOf(string folder, string picture, string extension, string origin)
    {
        string[] parts = picture.Split('/');
        if (Path.IsPathRooted(picture) || parts[0] is [_, ':', ..] || Array.Exists(parts, IsUnsafe))
        {
            throw new ModelFileException($"{origin} is '{picture}'; expected a path inside the folder of pictures.");
        }
        return Path.Combine(folder, Path.ChangeExtension(Path.Combine(parts), extension));
    }

    private static bool IsUnsafe(string part) => part is "" or ".." || part.AsSpan().IndexOfAny(Path.GetInvalidFileNameChars()) >= 0;
}
