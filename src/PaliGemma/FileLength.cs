using Microsoft.Win32.SafeHandles;

namespace PaliGemma;

/// <summary>
/// The length of a file's content. <see cref="FileInfo.Length"/> gives a symbolic link's own, and files of the hub's cache are links.
/// </summary>
internal static class FileLength
{
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static long Of(string path)
    {
        using SafeFileHandle handle = File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete);
        return RandomAccess.GetLength(handle);
    }

    /// <summary>The length; null where there is no such file, or only a link that leads nowhere.</summary>
    public static long? Find(string path)
    {
        try
        {
            return Of(path);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }
}
