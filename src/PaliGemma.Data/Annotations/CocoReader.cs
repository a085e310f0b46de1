using System.Runtime.InteropServices;
using System.Text.Json;
using PaliGemma.Configuration;
using PaliGemma.Kernels;
using PaliGemma.Tasks;

namespace PaliGemma.Data.Annotations;

/// <summary>
/// COCO instances: <c>images</c>, <c>annotations</c> with <c>bbox</c> = [x, y, width, height] in pixels, and <c>categories</c>, in any
/// order. Annotations are found again by their place in the file: those of instances_train2017.json need 21 MB, not 450.
/// </summary>
internal sealed class CocoReader : AnnotationReader
{
    /// <summary>What a file must have, even if nothing is in it.</summary>
    private static readonly string[] Lists = ["images", "annotations", "categories"];

    private readonly string _path;
    private readonly MappedFile _file;
    private readonly PictureCatalog _pictures;
    private readonly bool _withMasks;
    private readonly List<Picture> _images = [];
    private readonly Dictionary<long, string> _categories = [];
    private readonly LabelNumbers _labels = new();

    /// <summary>The annotations in the order of <see cref="_images"/>, and then of the file.</summary>
    private readonly Place[] _places;

    /// <summary>Per image the first of its entries in <see cref="_places"/>, and at the end their number.</summary>
    private readonly int[] _firstPlaces;

    private CocoReader(string path, MappedFile file, PictureCatalog pictures, bool withMasks, CancellationToken cancellation)
    {
        _withMasks = withMasks;
        _path = path;
        _file = file;
        _pictures = pictures;
        Dictionary<long, int> indices = [];
        List<Place> places = [];
        JsonListReader items = new(path, file.Region);
        while (items.Read())
        {
            cancellation.ThrowIfCancellationRequested();
            switch (items.List)
            {
                case "images":
                    AddImage(items, indices);
                    break;
                case "categories":
                    AddCategory(items);
                    break;
                case "annotations":
                    long image = Read(items, "annotations", fields => fields.Identifier("image_id"));
                    places.Add(new Place(image, items.Start, items.Length, items.Index));
                    break;
            }
        }
        foreach (string list in Lists)
        {
            if (!items.Lists.Contains(list))
            {
                throw new ModelFileException($"{path} has no list {list}; expected COCO's {string.Join(", ", Lists)}.");
            }
        }
        if (_images.Count == 0)
        {
            throw new ModelFileException($"{path} has no images; expected at least one in the list images.");
        }
        (_places, _firstPlaces) = Sort(places, indices);
        Skipped = _places.Length == places.Count
            ? base.Skipped
            : new Dictionary<SkipReason, int> { [SkipReason.NoPicture] = places.Count - _places.Length };
    }

    public override IReadOnlyList<string> Labels => _labels.Names;

    public override int Count => _images.Count;

    public override IReadOnlyDictionary<SkipReason, int> Skipped { get; }

    /// <exception cref="ModelFileException">The file is not COCO's.</exception>
    public static new CocoReader Open(AnnotationSource source, CancellationToken cancellation) =>
        Open(source.Path, FolderPictures.In(source.Pictures), source.WithMasks, cancellation);

    public static CocoReader Open(string path, PictureCatalog pictures, bool withMasks, CancellationToken cancellation)
    {
        MappedFile file = AnnotationFile.Map(path);
        try
        {
            return new CocoReader(path, file, pictures, withMasks, cancellation);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public override AnnotatedImage Read(int index)
    {
        Picture picture = _images[index];
        List<string> problems = [];
        AnnotatedObject[] objects = new AnnotatedObject[_firstPlaces[index + 1] - _firstPlaces[index]];
        for (int i = 0; i < objects.Length; i++)
        {
            Place place = _places[_firstPlaces[index] + i];
            objects[i] = Read(place.Start, place.Length, $"annotations[{place.Index}].", fields => ReadObject(fields, picture, problems));
        }
        return new AnnotatedImage(picture.Path, picture.Width, picture.Height, objects)
        {
            Problems = problems,
            Origin = $"{_path}: images[{index}].file_name",
        };
    }

    protected override void Dispose(bool disposing)
    {
        _file.Dispose();
        base.Dispose(disposing);
    }

    private void AddImage(JsonListReader items, Dictionary<long, int> indices)
    {
        (long id, Picture picture) = Read(items, "images", ReadImage);
        if (!indices.TryAdd(id, _images.Count))
        {
            throw new ModelFileException($"{_path}: images[{items.Index}].id is {id}, as that of an image before it.");
        }
        _images.Add(picture);
    }

    private void AddCategory(JsonListReader items)
    {
        (long id, string name) = Read(items, "categories", fields => (fields.Identifier("id"), fields.RequiredText("name")));
        if (!_categories.TryAdd(id, name))
        {
            throw new ModelFileException($"{_path}: categories[{items.Index}].id is {id}, as that of a category before it.");
        }
        _labels.Of(name);
    }

    private (long Id, Picture Picture) ReadImage(JsonFields fields)
    {
        string path = _pictures.Read(fields, "file_name");
        (int width, int height) = fields.TryGet("width", out _) || fields.TryGet("height", out _)
            ? (fields.Integer("width", 1, int.MaxValue, null), fields.Integer("height", 1, int.MaxValue, null))
            : _pictures.SizeOf(path, _path);
        return (fields.Identifier("id"), new Picture(path, width, height));
    }

    private AnnotatedObject ReadObject(JsonFields fields, Picture picture, List<string> problems)
    {
        long category = fields.Identifier("category_id");
        if (!_categories.TryGetValue(category, out string? label))
        {
            throw fields.Unexpected("category_id", "the id of one of the categories");
        }
        return new AnnotatedObject(label, ReadBox(fields))
        {
            IsCrowd = fields.Integer("iscrowd", 0, 1, 0) == 1,
            Mask = _withMasks ? CocoSegmentation.Read(fields, picture.Width, picture.Height, problems) : null,
        };
    }

    private static PixelBox ReadBox(JsonFields fields)
    {
        const string Expected = "[x, y, width, height] in pixels";
        if (!fields.TryGet("bbox", out JsonElement list) || list.ValueKind != JsonValueKind.Array || list.GetArrayLength() != 4)
        {
            throw fields.Unexpected("bbox", Expected);
        }
        float[] box = fields.Numbers("bbox", list);
        return new PixelBox(box[1], box[0], box[1] + box[3], box[0] + box[2]);
    }

    private T Read<T>(JsonListReader items, string list, Func<JsonFields, T> read) =>
        Read(items.Start, items.Length, $"{list}[{items.Index}].", read);

    private T Read<T>(long start, int length, string prefix, Func<JsonFields, T> read) =>
        JsonRecord.Read(_file.Region.Span<byte>(start, length), _path, prefix, read);

    /// <summary>Brings annotations together that belong to one image, and drops those that belong to none.</summary>
    private static (Place[] Places, int[] First) Sort(List<Place> places, Dictionary<long, int> indices)
    {
        int[] first = new int[indices.Count + 1];
        foreach (Place place in places)
        {
            if (indices.TryGetValue(place.Image, out int index))
            {
                first[index + 1]++;
            }
        }
        for (int i = 1; i < first.Length; i++)
        {
            first[i] += first[i - 1];
        }
        Place[] sorted = new Place[first[^1]];
        int[] next = [.. first];
        foreach (Place place in places)
        {
            if (indices.TryGetValue(place.Image, out int index))
            {
                sorted[next[index]++] = place;
            }
        }
        return (sorted, first);
    }

    private readonly record struct Picture(string Path, int Width, int Height);

    /// <summary>Where an annotation stands: which image's, the first byte, how many, and its number in the list.</summary>
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Place(long Image, long Start, int Length, int Index);
}
