using System.Buffers;
using System.Globalization;
using System.Text;
using PaliGemma.Tasks;

namespace PaliGemma.Data.Annotations;

/// <summary>
/// YOLO's labels: one text file per picture, one line per object, a class and then a box as middle x, middle y, width, height, or a polygon
/// as at least three pairs x, y, all as fractions of the picture, and perhaps a score, which is left alone. How many numbers there are tells
/// which of these a line is. A picture without a file has no objects.
/// </summary>
internal sealed class YoloReader : AnnotationReader
{
    /// <summary>How far numbers may lie below 0 or above 1: rounding, and boxes a little over the edge.</summary>
    private const float Tolerance = 0.01f;

    private const string ClassesFile = "classes.txt";

    private static readonly SearchValues<char> Blanks = SearchValues.Create(" \t\r\v\f");

    private readonly IReadOnlyDictionary<int, string> _names;
    private readonly IReadOnlyList<Entry> _entries;
    private readonly PictureCatalog _pictures;
    private readonly bool _withMasks;

    private YoloReader(IReadOnlyDictionary<int, string> names, IReadOnlyList<Entry> entries, PictureCatalog pictures, bool withMasks)
    {
        _names = names;
        _withMasks = withMasks;
        _entries = entries;
        _pictures = pictures;
        Labels = [.. names.OrderBy(name => name.Key).Select(name => name.Value).Distinct(StringComparer.Ordinal)];
    }

    public override IReadOnlyList<string> Labels { get; }

    public override int Count => _entries.Count;

    /// <exception cref="ModelFileException">There is no data set, or it has no names of classes.</exception>
    public static YoloReader Open(AnnotationSource source)
    {
        if (FindYaml(source.Path) is string yaml)
        {
            return OpenDataset(yaml, source);
        }
        if (source.Split is not null)
        {
            throw new ModelFileException($"{source.Path} has no data.yaml that could say what the split {source.Split} is.");
        }
        string names = FindClasses(source.Path);
        FolderPictures pictures = FolderPictures.In(source.Pictures ?? PicturesOf(source.Path));
        return OpenLabels(source.Path, [source.Path], ReadClasses(names), pictures, source.WithMasks);
    }

    /// <summary>Opens what a <see cref="YoloWriter"/> has written.</summary>
    /// <exception cref="ModelFileException">A label's picture is not known.</exception>
    public static YoloReader Open(string folder, PictureCatalog pictures, bool withMasks)
    {
        string labels = Path.Combine(folder, YoloWriter.LabelsFolder);
        YoloDataset dataset = YoloDataset.Read(Path.Combine(folder, YoloWriter.DatasetFile));
        return OpenLabels(labels, [labels], dataset.Names, pictures, withMasks);
    }

    private static YoloReader OpenDataset(string yaml, AnnotationSource source)
    {
        YoloDataset dataset = YoloDataset.Read(yaml);
        YoloLayout layout = new(dataset, yaml, source.Split);
        if (source.Pictures is not null)
        {
            (string common, IReadOnlyList<string> folders) = layout.FindLabels();
            return OpenLabels(common, folders, dataset.Names, FolderPictures.In(source.Pictures), source.WithMasks);
        }
        (string folder, IReadOnlyList<string> files) = layout.FindPictures();
        FolderPictures pictures = new(folder);
        IEnumerable<Entry> entries = files.Select(file =>
            new Entry(pictures.NameOf(file), Path.ChangeExtension(YoloLayout.LabelsOf(file), ".txt")));
        return new YoloReader(dataset.Names, [.. entries], pictures, source.WithMasks);
    }

    /// <param name="common">The folder whose places are those of <paramref name="pictures"/>.</param>
    /// <param name="folders">The folders of labels in it.</param>
    /// <param name="names">The classes' names by number.</param>
    /// <param name="pictures">The pictures.</param>
    /// <param name="withMasks">Whether polygons are read too.</param>
    private static YoloReader OpenLabels(
        string common, IReadOnlyList<string> folders, IReadOnlyDictionary<int, string> names, PictureCatalog pictures, bool withMasks)
    {
        List<Entry> entries = [];
        foreach (string file in folders.SelectMany(folder => AnnotationFile.Below(folder, ".txt")).Distinct(StringComparer.Ordinal))
        {
            if (Path.GetFileName(file) == ClassesFile)
            {
                continue;
            }
            string stem = PicturePath.Stem(PicturePath.Normalize(Path.GetRelativePath(common, file), folder: null));
            string picture = pictures.FindByStem(stem)
                ?? throw new ModelFileException(
                    $"{file}: there is no picture called {stem}; expected the folder of its pictures (--images).");
            entries.Add(new Entry(picture, file));
        }
        return new YoloReader(names, entries, pictures, withMasks);
    }

    public override AnnotatedImage Read(int index)
    {
        (string picture, string file) = _entries[index];
        (int width, int height) = _pictures.SizeOf(picture, file);
        List<AnnotatedObject> objects = [];
        if (File.Exists(file))
        {
            int number = 0;
            foreach (ReadOnlySpan<char> line in Encoding.UTF8.GetString(AnnotationFile.ReadAll(file)).AsSpan().EnumerateLines())
            {
                number++;
                if (line.ContainsAnyExcept(Blanks))
                {
                    objects.Add(ReadObject(line, $"{file}, line {number}", width, height));
                }
            }
        }
        return new AnnotatedImage(picture, width, height, objects) { Origin = $"{file}: the picture" };
    }

    private AnnotatedObject ReadObject(ReadOnlySpan<char> line, string where, int width, int height)
    {
        List<float> numbers = [];
        foreach (Range range in line.SplitAny(Blanks))
        {
            ReadOnlySpan<char> word = line[range];
            if (!word.IsEmpty)
            {
                numbers.Add(ReadNumber(word, where));
            }
        }
        if (!(numbers[0] >= 0 && _names.TryGetValue((int)numbers[0], out string? label) && numbers[0] == (int)numbers[0]))
        {
            throw new ModelFileException($"{where}: the class is {numbers[0]}; expected the number of one of the {_names.Count} names.");
        }
        int count = numbers.Count - 1;
        if (count < 4)
        {
            throw new ModelFileException(
                $"{where} has {count} numbers after the class; expected 4 for a box, or at least 3 pairs for a polygon, and perhaps a score.");
        }
        int wrong = numbers.FindIndex(1, number => number is < -Tolerance or > 1 + Tolerance);
        if (wrong >= 0)
        {
            throw new ModelFileException(
                $"{where} has the number {numbers[wrong]}; expected 0 to 1, pixels being divided by the picture's width or height.");
        }
        if (count is 4 or 5)
        {
            (float x, float y, float halfWidth, float halfHeight) = (numbers[1], numbers[2], numbers[3] / 2, numbers[4] / 2);
            BoundingBox box = new(y - halfHeight, x - halfWidth, y + halfHeight, x + halfWidth);
            return new AnnotatedObject(label, box.ToPixels(width, height));
        }
        double[] polygon = [.. numbers.Skip(1).Take(count - (count % 2)).Select((number, i) => (double)number * (i % 2 == 0 ? width : height))];
        return new AnnotatedObject(label, PixelBoxes.Around(polygon))
        {
            Mask = _withMasks ? new PolygonMask([polygon], width, height) : null,
        };
    }

    private static float ReadNumber(ReadOnlySpan<char> word, string where) =>
        float.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out float number) && float.IsFinite(number)
            ? number
            : throw new ModelFileException($"{where}: '{word}' is no number; expected a class, and a box or a polygon as numbers.");

    private static string? FindYaml(string path)
    {
        if (!Directory.Exists(path))
        {
            return path;
        }
        string[] files = [.. Directory.EnumerateFiles(path).Where(file => Path.GetExtension(file) is ".yaml" or ".yml")];
        return Array.Find(files, file => Path.GetFileNameWithoutExtension(file) == "data") ?? (files.Length == 1 ? files[0] : null);
    }

    private static string FindClasses(string folder)
    {
        string[] candidates = [Path.Combine(folder, ClassesFile), Path.Combine(folder, "..", ClassesFile)];
        return Array.Find(candidates, File.Exists)
            ?? throw new ModelFileException($"{folder} has neither a data.yaml nor a classes.txt; expected the names of the classes.");
    }

    private static Dictionary<int, string> ReadClasses(string path)
    {
        string[] lines = Encoding.UTF8.GetString(AnnotationFile.ReadAll(path)).ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');
        return lines.Select((name, number) => KeyValuePair.Create(number, name.Trim())).ToDictionary();
    }

    /// <summary>Where the pictures of a folder of labels are: in its neighbour <c>images</c>, or in itself.</summary>
    private static string PicturesOf(string folder)
    {
        string neighbour = Path.Combine(folder, "..", "images");
        return Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))) == "labels" && Directory.Exists(neighbour)
            ? neighbour
            : folder;
    }

    /// <param name="Picture">The picture's path.</param>
    /// <param name="Labels">The file about it, which need not exist.</param>
    private readonly record struct Entry(string Picture, string Labels);
}
