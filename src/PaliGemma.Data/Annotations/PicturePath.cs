using PaliGemma.Configuration;

namespace PaliGemma.Data.Annotations;

/// <summary>The names that annotations give to pictures.</summary>
internal static class PicturePath
{
    /// <summary>A field that names a picture.</summary>
    /// <exception cref="ModelFileException">It is missing, or no name that a file can have.</exception>
    public static string Read(JsonFields fields, string name) => fields.RequiredText(name) is string path && IsPossible(path)
        ? path
        : throw fields.Unexpected(name, "the name of a picture");

    /// <summary>Whether a file can have the name: no system has one with a NUL.</summary>
    public static bool IsPossible(string path) => !path.Contains('\0', StringComparison.Ordinal);

    /// <summary>
    /// A picture's path with forward slashes and without <c>.</c> parts, and relative to <paramref name="folder"/> where it lies inside.
    /// Back slashes are taken for Windows' separators on every system.
    /// </summary>
    public static string Normalize(string path, string? folder)
    {
        string forward = path.Trim().Replace('\\', '/');
        if (folder is not null && Path.IsPathRooted(forward))
        {
            string relative = Path.GetRelativePath(folder, forward).Replace('\\', '/');
            forward = relative.StartsWith("../", StringComparison.Ordinal) ? forward : relative;
        }
        List<string> parts = [];
        foreach (string part in forward.Split('/'))
        {
            if (part == ".." && parts is [.., not ("" or "..")])
            {
                parts.RemoveAt(parts.Count - 1);
            }
            else if (part != "." && (part.Length > 0 || parts.Count == 0))
            {
                parts.Add(part);
            }
        }
        return string.Join('/', parts);
    }

    /// <summary>The path without its extension.</summary>
    public static string Stem(string path) => path[..^Path.GetExtension(path).Length];
}
