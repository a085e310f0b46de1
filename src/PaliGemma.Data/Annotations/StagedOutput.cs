namespace PaliGemma.Data.Annotations;

/// <summary>
/// A file or folder that is written under another name beside its place, and moved there when it is complete. What is not moved is removed.
/// </summary>
internal sealed class StagedOutput : IDisposable
{
    private readonly string _target;
    private readonly bool _isFolder;
    private readonly StagedPath _place;

    private StagedOutput(string target, bool isFolder)
    {
        _target = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(target));
        _isFolder = isFolder;
        _place = new StagedPath(_target);
        _place.Run(() => Directory.CreateDirectory(isFolder ? Path : System.IO.Path.GetDirectoryName(_target)!));
    }

    /// <summary>Where to write.</summary>
    public string Path => _place.Path;

    /// <summary>A file that replaces <paramref name="target"/>.</summary>
    /// <exception cref="ModelFileException">There is a folder of that name.</exception>
    public static StagedOutput File(string target) => Directory.Exists(target)
        ? throw new ModelFileException($"{target} is a folder; expected the name of a file to write.")
        : new StagedOutput(target, isFolder: false);

    /// <summary>A folder whose files are added to those in <paramref name="target"/>.</summary>
    /// <param name="target">The folder, which need not exist.</param>
    /// <param name="marks">What a folder with such files has, if there is such a thing.</param>
    /// <exception cref="ModelFileException">The folder has such files already, or there is a file of its name.</exception>
    public static StagedOutput Folder(string target, params string[] marks)
    {
        if (System.IO.File.Exists(target))
        {
            throw new ModelFileException($"{target} is a file; expected the name of a folder to write.");
        }
        if (Array.Find(marks, mark => System.IO.Path.Exists(System.IO.Path.Combine(target, mark))) is string existing)
        {
            throw Occupied(target, existing);
        }
        return new StagedOutput(target, isFolder: true);
    }

    /// <summary>Writes, and moves what was written to its place.</summary>
    /// <param name="write">Is given where to write; may read whatever else it needs.</param>
    /// <exception cref="ModelFileException">
    /// The place cannot be written; or a file that would be moved into a folder is there already, and nothing is moved then.
    /// </exception>
    public T Fill<T>(Func<string, T> write)
    {
        T result;
        try
        {
            result = write(Path);
        }
        catch (Exception error) when (_place.IsMeantBy(error))
        {
            throw _place.Failure(error);
        }
        _place.Run(Move);
        return result;
    }

    /// <inheritdoc cref="Fill{T}"/>
    public void Fill(Action<string> write) => Fill(path =>
    {
        write(path);
        return true;
    });

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isFolder && Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
        else if (!_isFolder)
        {
            _place.RemoveFile();
        }
    }

    private void Move()
    {
        if (!_isFolder)
        {
            // What is replaced must not be lost before its successor is on the disk.
            using (FileStream written = new(Path, FileMode.Open, FileAccess.Write))
            {
                written.Flush(flushToDisk: true);
            }
            _place.MoveFile();
        }
        else if (!Directory.Exists(_target))
        {
            Directory.Move(Path, _target);
        }
        else
        {
            Merge();
        }
    }

    private void Merge()
    {
        string[] names =
        [
            .. Directory.EnumerateFiles(Path, "*", SearchOption.AllDirectories).Select(file => System.IO.Path.GetRelativePath(Path, file)),
        ];
        if (Array.Find(names, name => System.IO.Path.Exists(System.IO.Path.Combine(_target, name))) is string existing)
        {
            throw Occupied(_target, existing);
        }
        foreach (string name in names)
        {
            string place = System.IO.Path.Combine(_target, name);
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(place)!);
            System.IO.File.Move(System.IO.Path.Combine(Path, name), place);
        }
    }

    private static ModelFileException Occupied(string folder, string name) =>
        new($"{folder} has {name} already; expected a folder without such annotations, so that old and new ones are not mixed.");
}
