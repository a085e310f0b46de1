namespace PaliGemma.Cli.Output;

/// <summary>
/// A folder that appears complete or not at all: it is filled under a temporary name beside its place, and removed unless committed.
/// </summary>
internal sealed class NewFolder : IDisposable
{
    private readonly string _path;
    private bool _committed;

    /// <summary>Creates the temporary folder.</summary>
    /// <exception cref="IOException">
    /// The place is taken by a file, or by a folder that is not empty, or there can be no folder.
    /// </exception>
    public NewFolder(string path)
    {
        _path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (File.Exists(_path) || (Directory.Exists(_path) && Directory.EnumerateFileSystemEntries(_path).Any()))
        {
            throw new IOException($"{path} is not empty; expected a new or empty folder.");
        }
        WorkingPath = $"{_path}.{Guid.NewGuid():N}.partial";
        try
        {
            Directory.CreateDirectory(WorkingPath);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{path} cannot be created: {error.Message.Replace(WorkingPath, _path, StringComparison.Ordinal)}", error);
        }
    }

    /// <summary>Where files are put until <see cref="Commit"/>.</summary>
    public string WorkingPath { get; }

    /// <summary>Gives the folder its name.</summary>
    public void Commit()
    {
        if (Directory.Exists(_path))
        {
            Directory.Delete(_path); // Fails if something has been put there meanwhile.
        }
        Directory.Move(WorkingPath, _path);
        _committed = true;
    }

    public void Dispose()
    {
        if (!_committed)
        {
            Directory.Delete(WorkingPath, recursive: true);
        }
    }
}
