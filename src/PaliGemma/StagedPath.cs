namespace PaliGemma;

/// <summary>
/// The name beside its place under which something is written until it is complete, and then moved. Whoever asked for the place does not
/// know this name, so that failures speak of the place.
/// </summary>
internal sealed class StagedPath
{
    private readonly string _target;
    private readonly string _suffix;

    /// <param name="target">The place.</param>
    /// <param name="suffix">What is added to its name; null for something that no other program uses.</param>
    public StagedPath(string target, string? suffix = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(target);
        _target = target;
        _suffix = suffix ?? $".{Guid.NewGuid():N}.partial";
        Path = target + _suffix;
    }

    /// <summary>Where to write.</summary>
    public string Path { get; }

    /// <summary>Writes a file, and replaces one that is there when the new one is complete.</summary>
    /// <param name="target">The place.</param>
    /// <param name="write">Writes the file of the name that it is given.</param>
    /// <exception cref="ModelFileException">The place cannot be written.</exception>
    public static void WriteFile(string target, Action<string> write)
    {
        StagedPath place = new(target);
        try
        {
            place.Run(() => write(place.Path));
            place.MoveFile();
        }
        finally
        {
            place.RemoveFile();
        }
    }

    /// <summary>Does a part of the writing.</summary>
    /// <exception cref="ModelFileException">The place cannot be written.</exception>
    public T Run<T>(Func<T> write)
    {
        try
        {
            return write();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Failure(error);
        }
    }

    /// <inheritdoc cref="Run{T}"/>
    public void Run(Action write) => Run(() =>
    {
        write();
        return true;
    });

    /// <summary>Finds out whether a file can be written; leaves nothing behind.</summary>
    /// <exception cref="ModelFileException">The place cannot be written.</exception>
    public void Check()
    {
        if (Directory.Exists(_target))
        {
            throw new ModelFileException($"{_target} is a folder; expected the name of a file to write.");
        }
        try
        {
            Run(() => File.WriteAllBytes(Path, []));
        }
        finally
        {
            RemoveFile();
        }
    }

    /// <summary>Moves a file to its place; one that is there is replaced.</summary>
    /// <exception cref="ModelFileException">The place cannot be written.</exception>
    public void MoveFile() => Run(() => File.Move(Path, _target, overwrite: true));

    /// <summary>Removes a file that was not moved.</summary>
    public void RemoveFile()
    {
        if (File.Exists(Path))
        {
            File.Delete(Path);
        }
    }

    /// <summary>Whether a failure is about the writing, among whatever else was done at the same time.</summary>
    public bool IsMeantBy(Exception error) =>
        error is IOException or UnauthorizedAccessException && error.Message.Contains(System.IO.Path.GetFileName(Path), StringComparison.Ordinal);

    /// <summary>What a failure is to somebody who knows the place alone.</summary>
    public ModelFileException Failure(Exception error) =>
        new($"{_target} cannot be written: {error.Message.Replace(_suffix, "", StringComparison.Ordinal)}", error);
}
