using System.Text.RegularExpressions;

namespace PaliGemma.Evaluation.Datasets;

/// <summary>
/// A folder with a benchmark's published files, unpacked in whatever folders below it: files are found by their names, and pictures by as
/// much of their paths as it takes to tell them apart.
/// </summary>
public sealed partial class DatasetFolder
{
    private const int Depth = 12;

    private readonly Lazy<ILookup<string, string>> _files;
    private readonly Lazy<ILookup<string, string>> _pictures;
    private readonly Lazy<Dictionary<string, string[]>> _frames;

    /// <summary>Opens a folder.</summary>
    /// <exception cref="ModelFileException">There is no such folder.</exception>
    public DatasetFolder(string path)
    {
        Path = Directory.Exists(path) ? path : throw new ModelFileException($"There is no folder of data {path}.");
        _files = new(() => Enumerate().ToLookup(file => System.IO.Path.GetFileName(file), StringComparer.Ordinal));
        _pictures = new(() => Enumerate().Where(IsPicture).ToLookup(
            file => System.IO.Path.GetFileNameWithoutExtension(file), StringComparer.Ordinal));
        _frames = new(() => Enumerate().Where(IsPicture)
            .GroupBy(file => System.IO.Path.GetFileName(System.IO.Path.GetDirectoryName(file)!), StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.OrderBy(Numbered, StringComparer.Ordinal).ToArray(), StringComparer.Ordinal));
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The first of these files that is there.</summary>
    /// <param name="names">Names, or the ends of paths.</param>
    /// <exception cref="ModelFileException">There is none of them.</exception>
    public string Find(params string[] names) => names.Select(name => TryFind(name)).FirstOrDefault(file => file is not null)
        ?? throw new ModelFileException($"The folder {Path} has no {string.Join(" or ", names)}.");

    /// <summary>A file; null if it is not there.</summary>
    public string? TryFind(string name) => Choose(_files.Value[System.IO.Path.GetFileName(name)], name);

    /// <summary>The files with an extension in folders of a name, by path.</summary>
    public IEnumerable<string> FilesIn(string folder, string extension) => _files.Value.SelectMany(files => files)
        .Where(file => file.EndsWith(extension, StringComparison.OrdinalIgnoreCase)
            && System.IO.Path.GetFileName(System.IO.Path.GetDirectoryName(file)) == folder)
        .Order(StringComparer.Ordinal);

    /// <summary>The file of a picture.</summary>
    /// <param name="name">Its name, or the end of its path; with another extension too.</param>
    /// <exception cref="ModelFileException">There is none, or several have such names.</exception>
    public string Picture(string name) => TryFind(name)
        ?? Choose(_pictures.Value[System.IO.Path.GetFileNameWithoutExtension(name)], System.IO.Path.ChangeExtension(name, null))
        ?? throw new ModelFileException($"The folder {Path} has no picture {name}, or several of that name.");

    /// <summary>The picture files in a video's folder: evenly spaced ones, or all of them over and over where there are too few.</summary>
    /// <param name="video">The folder's name.</param>
    /// <param name="count">Frames.</param>
    /// <param name="from">Where the part that matters begins, as a fraction of the video.</param>
    /// <param name="to">Where it ends.</param>
    /// <exception cref="ModelFileException">There is no such folder with pictures.</exception>
    public IReadOnlyList<string> Frames(string video, int count, double from = 0, double to = 1)
    {
        if (!_frames.Value.TryGetValue(video, out string[]? frames))
        {
            throw new ModelFileException($"The folder {Path} has no folder {video} with the video's frames as pictures.");
        }
        int first = Math.Clamp((int)(from * frames.Length), 0, frames.Length - 1);
        int end = Math.Clamp((int)Math.Ceiling(to * frames.Length), first + 1, frames.Length);
        int length = end - first;
        IEnumerable<int> places = Enumerable.Range(0, count).Select(i => length >= count ? (int)((long)i * length / count) : i % length);
        return [.. places.Select(place => frames[first + place])];
    }

    private static bool IsPicture(string file) =>
        BenchmarkPicture.Extensions.Contains(System.IO.Path.GetExtension(file), StringComparer.OrdinalIgnoreCase);

    private static string? Choose(IEnumerable<string> candidates, string name)
    {
        string end = "/" + name.Replace('\\', '/').TrimStart('/');
        string[] all = [.. candidates];
        return Array.Find(all, file => WithoutExtension(file, name).Replace('\\', '/').EndsWith(end, StringComparison.Ordinal))
            ?? (all.Length == 1 ? all[0] : null);
    }

    private static string WithoutExtension(string file, string name) =>
        System.IO.Path.HasExtension(name) && file.EndsWith(System.IO.Path.GetExtension(name), StringComparison.Ordinal)
            ? file
            : System.IO.Path.ChangeExtension(file, null);

    /// <summary>The path with its numbers as long as any, so that 10 comes after 9.</summary>
    private static string Numbered(string file) => Digits().Replace(file, match => match.Value.PadLeft(12, '0'));

    private IEnumerable<string> Enumerate()
    {
        EnumerationOptions options = new() { RecurseSubdirectories = true, MaxRecursionDepth = Depth };
        return Directory.EnumerateFiles(Path, "*", options).Order(StringComparer.Ordinal);
    }

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Digits();
}
