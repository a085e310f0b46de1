namespace PaliGemma.Data.Annotations;

/// <summary>Pictures whose sizes have been read already.</summary>
internal sealed class KnownPictures : PictureCatalog
{
    private readonly Dictionary<string, (int Width, int Height)> _sizes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _byStem = new(StringComparer.Ordinal);

    public void Add(string path, int width, int height)
    {
        _sizes.Add(path, (width, height));
        _byStem.TryAdd(PicturePath.Stem(path), path);
    }

    public override (int Width, int Height) SizeOf(string path, string where) => _sizes.TryGetValue(path, out (int, int) size)
        ? size
        : throw new ModelFileException($"{where} speaks of {path}, which is none of the pictures.");

    public override string? FindByStem(string stem) => _byStem.GetValueOrDefault(stem);
}
