using System.Text.Json;
using PaliGemma.Configuration;
using PaliGemma.Tasks;

namespace PaliGemma.Data.Annotations;

/// <summary>
/// LabelMe's JSON files: <c>shapes</c> with a <c>label</c>, a <c>shape_type</c> and <c>points</c> in pixels. Shapes of one label with the same <c>group_id</c> are parts
/// of one object.
/// </summary>
internal sealed class LabelMeReader : AnnotationReader
{
    private readonly string _folder;
    private readonly string[] _files;
    private readonly PictureCatalog _pictures;

    private LabelMeReader(string folder, PictureCatalog pictures)
    {
        bool isFile = File.Exists(folder);
        _folder = isFile ? Path.GetDirectoryName(Path.GetFullPath(folder))! : folder;
        _files = isFile ? [folder] : AnnotationFile.Below(folder, ".json");
        _pictures = pictures;
    }

    public override IReadOnlyList<string>? Labels => null;

    public override int Count => _files.Length;

    /// <exception cref="ModelFileException">There are no annotations.</exception>
    public static LabelMeReader Open(AnnotationSource source)
    {
        string? beside = Directory.Exists(source.Path) ? source.Path : Path.GetDirectoryName(Path.GetFullPath(source.Path));
        return Open(source.Path, FolderPictures.In(source.Pictures ?? beside));
    }

    public static LabelMeReader Open(string folder, PictureCatalog pictures) => new(folder, pictures);

    public override AnnotatedImage Read(int index)
    {
        string file = _files[index];
        return JsonRecord.Read(AnnotationFile.ReadAll(file), file, prefix: "", fields => ReadImage(fields, file));
    }

    private AnnotatedImage ReadImage(JsonFields fields, string file)
    {
        string path = NameOf(fields.RequiredText("imagePath"), file);
        (int width, int height) = fields.TryGet("imageWidth", out _) && fields.TryGet("imageHeight", out _)
            ? (fields.Integer("imageWidth", 1, int.MaxValue, null), fields.Integer("imageHeight", 1, int.MaxValue, null))
            : _pictures.SizeOf(path, file);
        List<AnnotatedObject> objects = [];
        List<SkipReason> skipped = [];
        Dictionary<(string Label, string Group), int> groups = [];
        foreach (JsonFields shape in fields.Items("shapes"))
        {
            if (ReadShape(shape) is not AnnotatedObject part)
            {
                skipped.Add(SkipReason.NoArea);
            }
            else if (shape.TryGet("group_id", out JsonElement group) && !groups.TryAdd((part.Label, group.GetRawText()), objects.Count))
            {
                int whole = groups[(part.Label, group.GetRawText())];
                objects[whole] = Join(objects[whole], part);
            }
            else
            {
                objects.Add(part);
            }
        }
        return new AnnotatedImage(path, width, height, objects) { Skipped = skipped };
    }

    /// <summary>The picture's path from the file's place and <c>imagePath</c>, which is relative to it.</summary>
    private string NameOf(string imagePath, string file)
    {
        string below = Path.GetDirectoryName(Path.GetRelativePath(_folder, file))!;
        string full = _pictures.NameOf(Path.GetFullPath(Path.Combine(_folder, below, PicturePath.Normalize(imagePath, folder: null))));
        // Elsewhere than in the folder of pictures: take it for the one of that name there.
        return Path.IsPathRooted(full) ? PicturePath.Normalize(Path.Combine(below, full[(full.LastIndexOf('/') + 1)..]), folder: null) : full;
    }

    /// <summary>An object, or null for a shape without an area.</summary>
    private static AnnotatedObject? ReadShape(JsonFields shape)
    {
        string label = shape.RequiredText("label");
        float[][] points = ReadPoints(shape);
        string type = shape.Text("shape_type") ?? "polygon";
        switch (type)
        {
            case "point" or "points" or "line" or "linestrip":
                return null;
            case "circle":
                return points is [[float x, float y], [float edgeX, float edgeY]]
                    ? new AnnotatedObject(label, Around(x, y, float.Hypot(edgeX - x, edgeY - y)))
                    : throw shape.Unexpected("points", "a circle's middle and a point on it");
            case "rectangle" or "polygon" or "mask":
                int fewest = type == "polygon" ? 3 : 2;
                return points.Length >= fewest
                    ? new AnnotatedObject(label, Bounds(points))
                    : throw shape.Unexpected("points", $"at least {fewest} points of a {type}");
            default:
                throw shape.Unexpected("shape_type", "polygon, rectangle, circle, mask, line, linestrip or point");
        }
    }

    private static float[][] ReadPoints(JsonFields shape)
    {
        const string Expected = "a list of [x, y] in pixels";
        if (!shape.TryGet("points", out JsonElement list) || list.ValueKind != JsonValueKind.Array)
        {
            throw shape.Unexpected("points", Expected);
        }
        float[][] points = [.. list.EnumerateArray().Select((point, index) => shape.Numbers($"points[{index}]", point))];
        return Array.TrueForAll(points, point => point.Length == 2) ? points : throw shape.Unexpected("points", Expected);
    }

    private static PixelBox Around(float x, float y, float radius) => new(y - radius, x - radius, y + radius, x + radius);

    private static PixelBox Bounds(float[][] points) =>
        new(points.Min(point => point[1]), points.Min(point => point[0]), points.Max(point => point[1]), points.Max(point => point[0]));

    private static AnnotatedObject Join(AnnotatedObject whole, AnnotatedObject part)
    {
        PixelBox box = new(
            Math.Min(whole.Box.Y1, part.Box.Y1),
            Math.Min(whole.Box.X1, part.Box.X1),
            Math.Max(whole.Box.Y2, part.Box.Y2),
            Math.Max(whole.Box.X2, part.Box.X2));
        return whole with { Box = box };
    }
}
