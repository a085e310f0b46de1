using System.Text;

namespace PaliGemma.Data.Annotations;

/// <summary>Where the pictures and labels are that a <c>data.yaml</c> speaks of.</summary>
internal sealed class YoloLayout
{
    private static readonly string[] UsualSplits = ["train", "val", "test"];

    private readonly string _yaml;
    private readonly string _root;
    private readonly (string Split, string Entry)[] _entries;

    /// <param name="dataset">What the file says.</param>
    /// <param name="yaml">The file.</param>
    /// <param name="split">The split; null for all.</param>
    /// <exception cref="ModelFileException">There is no such split.</exception>
    public YoloLayout(YoloDataset dataset, string yaml, string? split)
    {
        string[] splits = split is null ? [.. UsualSplits.Where(dataset.Splits.ContainsKey)] : [split];
        if (splits.Length == 0 || !Array.TrueForAll(splits, dataset.Splits.ContainsKey))
        {
            string expected = dataset.Splits.Count > 0 ? "one of " + string.Join(", ", dataset.Splits.Keys) : "train, val or test";
            throw new ModelFileException($"{yaml} has no {split ?? "split"}; expected {expected}.");
        }
        string beside = Path.GetDirectoryName(Path.GetFullPath(yaml))!;
        // Ultralytics looks for a relative path in its own folder of data sets first; people run this where the file is.
        string given = Path.GetFullPath(Path.Combine(beside, dataset.Root ?? "."));
        _root = Path.TrimEndingDirectorySeparator(Directory.Exists(given) ? given : beside);
        _yaml = yaml;
        _entries = [.. splits.SelectMany(name => dataset.Splits[name].Select(entry => (name, entry)))];
    }

    /// <summary>
    /// The file, or folder, about a picture, or folder of pictures: in <c>labels</c> in the place of the last <c>images</c> of its path.
    /// </summary>
    public static string LabelsOf(string path)
    {
        string[] parts = Path.GetFullPath(path).Split(Path.DirectorySeparatorChar);
        int images = Array.LastIndexOf(parts, "images");
        if (images >= 0)
        {
            parts[images] = "labels";
        }
        return string.Join(Path.DirectorySeparatorChar, parts);
    }

    /// <summary>The pictures, and the deepest folder that holds them all.</summary>
    /// <exception cref="ModelFileException">A folder or list is missing, or there are no pictures.</exception>
    public (string Folder, IReadOnlyList<string> Files) FindPictures()
    {
        List<string> folders = [];
        // In the order in which they are found, each once: a split may be in two entries.
        OrderedDictionary<string, bool> files = new(StringComparer.Ordinal);
        foreach ((string split, string entry) in _entries)
        {
            string place = Candidates(entry).FirstOrDefault(Path.Exists)
                ?? throw new ModelFileException(
                    $"{_yaml}: {split} is {entry}, which is not in {_root}; expected a folder or list of pictures.");
            bool isFolder = Directory.Exists(place);
            folders.Add(isFolder ? place : _root);
            foreach (string file in isFolder ? PicturesBelow(place) : ReadList(place))
            {
                files.TryAdd(file, true);
            }
        }
        return files.Count > 0
            ? (Common(folders), [.. files.Keys])
            : throw new ModelFileException($"{_yaml}: there are no pictures in {string.Join(", ", folders)}.");
    }

    /// <summary>The folders of labels, where the pictures are elsewhere, and the deepest folder that holds them all.</summary>
    /// <exception cref="ModelFileException">A folder is missing.</exception>
    public (string Folder, IReadOnlyList<string> Folders) FindLabels()
    {
        List<string> folders = [];
        foreach ((string split, string entry) in _entries)
        {
            string folder = Candidates(entry).Select(LabelsOf).FirstOrDefault(Directory.Exists)
                ?? throw new ModelFileException($"{_yaml}: {split} is {entry}, and there is no folder of labels for it in {_root}.");
            if (!folders.Contains(folder))
            {
                folders.Add(folder);
            }
        }
        return (Common(folders), folders);
    }

    /// <summary>Where an entry may be. Roboflow's files say <c>../train/images</c> and mean <c>train/images</c>.</summary>
    private IEnumerable<string> Candidates(string entry)
    {
        string relative = entry.Replace('\\', '/').TrimEnd('/');
        yield return Path.GetFullPath(Path.Combine(_root, relative));
        if (relative.StartsWith("../", StringComparison.Ordinal))
        {
            yield return Path.GetFullPath(Path.Combine(_root, relative[3..]));
        }
    }

    private static IEnumerable<string> PicturesBelow(string folder) =>
        Directory.EnumerateFiles(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 32 })
            .Where(FolderPictures.IsPicture)
            .Order(StringComparer.Ordinal);

    /// <summary>A text file of pictures, one per line; <c>./</c> is the file's own folder.</summary>
    private static IEnumerable<string> ReadList(string list)
    {
        string folder = Path.GetDirectoryName(list)!;
        string text = Encoding.UTF8.GetString(AnnotationFile.ReadAll(list));
        if (!PicturePath.IsPossible(text))
        {
            throw new ModelFileException($"{list} has a NUL in it; expected a text with the path of a picture in each line.");
        }
        return text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(line => Path.GetFullPath(Path.Combine(folder, line.Replace('\\', '/'))));
    }

    private static string Common(List<string> folders)
    {
        string common = folders[0];
        foreach (string folder in folders)
        {
            while (!IsInside(folder, common) && Path.GetDirectoryName(common) is string parent)
            {
                common = parent;
            }
        }
        return common;
    }

    private static bool IsInside(string path, string folder) =>
        path == folder
        || path.StartsWith(Path.TrimEndingDirectorySeparator(folder) + Path.DirectorySeparatorChar, StringComparison.Ordinal);
}
