using System.Text;

namespace PaliGemma.Data.Annotations;

/// <summary>The pictures that a <c>data.yaml</c> speaks of.</summary>
/// <param name="Folder">The deepest folder that holds them all.</param>
/// <param name="Files">Their files, folder by folder.</param>
internal sealed record YoloPictures(string Folder, IReadOnlyList<string> Files)
{
    private static readonly string[] UsualSplits = ["train", "val", "test"];

    /// <param name="dataset">What the file says.</param>
    /// <param name="yaml">The file.</param>
    /// <param name="split">The split; null for all.</param>
    /// <exception cref="ModelFileException">There is no such split, or a folder or list that it names is missing.</exception>
    public static YoloPictures Find(YoloDataset dataset, string yaml, string? split)
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
        string root = Path.TrimEndingDirectorySeparator(Directory.Exists(given) ? given : beside);
        List<string> folders = [];
        HashSet<string> files = new(StringComparer.Ordinal);
        foreach (string name in splits)
        {
            foreach (string entry in dataset.Splits[name])
            {
                string place = Resolve(root, entry) ?? throw new ModelFileException($"{yaml}: {name} is {entry}, which is not in {root}.");
                bool isFolder = Directory.Exists(place);
                folders.Add(isFolder ? place : root);
                files.UnionWith(isFolder ? PicturesBelow(place) : ReadList(place));
            }
        }
        return files.Count > 0
            ? new YoloPictures(Common(folders), [.. files])
            : throw new ModelFileException($"{yaml}: there are no pictures in {string.Join(", ", folders)}.");
    }

    /// <summary>The file about a picture: in <c>labels</c> in the place of the last <c>images</c> of its path.</summary>
    public static string LabelsOf(string picture)
    {
        string[] parts = Path.GetFullPath(picture).Split(Path.DirectorySeparatorChar);
        int images = Array.LastIndexOf(parts, "images", parts.Length - 2);
        if (images >= 0)
        {
            parts[images] = "labels";
        }
        return Path.ChangeExtension(string.Join(Path.DirectorySeparatorChar, parts), ".txt");
    }

    /// <summary>An entry's place. Roboflow's files say <c>../train/images</c> and mean <c>train/images</c>.</summary>
    private static string? Resolve(string root, string entry)
    {
        string relative = entry.Replace('\\', '/').TrimEnd('/');
        string[] candidates = [relative, relative.StartsWith("../", StringComparison.Ordinal) ? relative[3..] : relative];
        return Array.Find(
            Array.ConvertAll(candidates, candidate => Path.GetFullPath(Path.Combine(root, candidate))),
            place => Directory.Exists(place) || File.Exists(place));
    }

    private static IEnumerable<string> PicturesBelow(string folder) =>
        Directory.EnumerateFiles(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 32 })
            .Where(FolderPictures.IsPicture)
            .Order(StringComparer.Ordinal);

    /// <summary>A text file of pictures, one per line; <c>./</c> is the file's own folder.</summary>
    private static IEnumerable<string> ReadList(string list)
    {
        string folder = Path.GetDirectoryName(list)!;
        return Encoding.UTF8.GetString(AnnotationFile.ReadAll(list)).Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(line => Path.GetFullPath(Path.Combine(folder, line.Replace('\\', '/'))));
    }

    private static string Common(List<string> folders)
    {
        string common = folders[0];
        foreach (string folder in folders)
        {
            while (folder != common && !folder.StartsWith(Path.TrimEndingDirectorySeparator(common) + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            {
                common = Path.GetDirectoryName(common) ?? common;
                if (Path.GetPathRoot(common) == common)
                {
                    break;
                }
            }
        }
        return common;
    }
}
