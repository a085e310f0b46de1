using PaliGemma.Imaging;

namespace PaliGemma.Data.Annotations;

/// <summary>Pictures in a folder and the folders below it. Only headers are read.</summary>
/// <param name="folder">Null where there is none: then no picture is known.</param>
internal sealed class FolderPictures(string? folder) : PictureCatalog
{
    private readonly Dictionary<string, Dictionary<string, string>> _names = new(StringComparer.Ordinal);

    /// <exception cref="ModelFileException">There is no such folder.</exception>
    public static FolderPictures In(string? folder) => folder is null || Directory.Exists(folder)
        ? new FolderPictures(folder)
        : throw new ModelFileException($"There is no folder of pictures {folder}.");

    public override string NameOf(string spelling) => PicturePath.Normalize(spelling, folder);

    public override (int Width, int Height) SizeOf(string path, string where)
    {
        if (folder is null)
        {
            throw new ModelFileException(
                $"{where} does not tell the size of {path}; expected a folder of pictures to read it from (--images).");
        }
        string file = Path.Combine(folder, path);
        return File.Exists(file)
            ? ImageFile.ReadSize(file)
            : throw new ModelFileException(
                $"{where} speaks of {path}, which is not in the folder {folder}; expected the folder of its pictures (--images).");
    }

    public override string? FindByStem(string stem)
    {
        if (folder is null)
        {
            return null;
        }
        int slash = stem.LastIndexOf('/') + 1;
        string below = stem[..slash];
        if (!_names.TryGetValue(below, out Dictionary<string, string>? names))
        {
            string place = Path.Combine(folder, below);
            names = new Dictionary<string, string>(StringComparer.Ordinal);
            IEnumerable<string> files = Directory.Exists(place) ? Directory.EnumerateFiles(place) : [];
            foreach (string file in files.Where(IsPicture).Order(StringComparer.Ordinal))
            {
                names.TryAdd(Path.GetFileNameWithoutExtension(file), Path.GetFileName(file));
            }
            _names.Add(below, names);
        }
        return names.TryGetValue(stem[slash..], out string? name) ? below + name : null;
    }

    public static bool IsPicture(string file) => ImageFile.Extensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase);
}
