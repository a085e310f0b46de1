using PaliGemma.Configuration;
using PaliGemma.Tasks;

namespace PaliGemma.Data.Annotations;

/// <summary>
/// LabelMe's JSON files. Shapes of one label with the same <c>group_id</c> are parts of one object, and points and lines are no objects.
/// </summary>
internal sealed class LabelMeReader : AnnotationReader
{
    private readonly string _folder;
    private readonly string[] _files;
    private readonly PictureCatalog _pictures;
    private readonly bool _withMasks;

    private LabelMeReader(string path, PictureCatalog pictures, bool withMasks)
    {
        bool isFile = File.Exists(path);
        _folder = isFile ? Path.GetDirectoryName(Path.GetFullPath(path))! : path;
        _files = isFile ? [path] : AnnotationFile.Below(path, ".json");
        _pictures = pictures;
        _withMasks = withMasks;
    }

    public override IReadOnlyList<string>? Labels => null;

    public override int Count => _files.Length;

    /// <exception cref="ModelFileException">There are no annotations.</exception>
    public static LabelMeReader Open(AnnotationSource source)
    {
        string? beside = Directory.Exists(source.Path) ? source.Path : Path.GetDirectoryName(Path.GetFullPath(source.Path));
        return Open(source.Path, FolderPictures.In(source.Pictures ?? beside), source.WithMasks);
    }

    public static LabelMeReader Open(string path, PictureCatalog pictures, bool withMasks) => new(path, pictures, withMasks);

    public override AnnotatedImage Read(int index)
    {
        string file = _files[index];
        return JsonRecord.Read(AnnotationFile.ReadAll(file), file, prefix: "", fields => ReadImage(fields, file));
    }

    private AnnotatedImage ReadImage(JsonFields fields, string file)
    {
        string path = NameOf(PicturePath.Read(fields, "imagePath"), file);
        (int width, int height) = fields.TryGet("imageWidth", out _) && fields.TryGet("imageHeight", out _)
            ? (fields.Integer("imageWidth", 1, int.MaxValue, null), fields.Integer("imageHeight", 1, int.MaxValue, null))
            : _pictures.SizeOf(path, file);
        List<List<AnnotatedObject>> objects = [];
        List<SkipReason> skipped = [];
        Dictionary<(string Label, string Group), int> groups = [];
        foreach (JsonFields fieldsOfShape in fields.Items("shapes"))
        {
            LabelMeShape shape = LabelMeShape.Read(fieldsOfShape);
            if (shape.Box is not PixelBox box)
            {
                skipped.Add(SkipReason.NoArea);
                continue;
            }
            AnnotatedObject part = new(shape.Label, box) { Mask = _withMasks ? shape.Mask(width, height) : null };
            if (shape.Group is not null && !groups.TryAdd((part.Label, shape.Group), objects.Count))
            {
                objects[groups[(part.Label, shape.Group)]].Add(part);
            }
            else
            {
                objects.Add([part]);
            }
        }
        return new AnnotatedImage(path, width, height, [.. objects.Select(Join)]) { Skipped = skipped, Origin = $"{file}: imagePath" };
    }

    /// <summary>The picture's path from the file's place and <c>imagePath</c>, which is relative to it.</summary>
    private string NameOf(string imagePath, string file)
    {
        string below = Path.GetDirectoryName(Path.GetRelativePath(_folder, file))!;
        string full = _pictures.NameOf(Path.GetFullPath(Path.Combine(_folder, below, PicturePath.Normalize(imagePath, folder: null))));
        // Elsewhere than in the folder of pictures: take it for the one of that name there.
        return Path.IsPathRooted(full)
            ? PicturePath.Normalize(Path.Combine(below, full[(full.LastIndexOf('/') + 1)..]), folder: null)
            : full;
    }

    /// <summary>The parts of one object; its shape is that of the parts which have one.</summary>
    private static AnnotatedObject Join(List<AnnotatedObject> parts) => parts[0] with
    {
        Box = parts.Select(part => part.Box).Aggregate(PixelBoxes.Around),
        Mask = ObjectMask.Join([.. parts.Select(part => part.Mask).OfType<ObjectMask>()]),
    };
}
