using System.Globalization;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using PaliGemma.Tasks;

namespace PaliGemma.Data.Annotations;

/// <summary>
/// Pascal VOC's XML files. Their pixels are counted from 1, and <c>xmax</c>, <c>ymax</c> are the last ones inside: the box of a whole
/// picture is 1, 1, width, height. Shapes are in pictures beside them, see <see cref="VocSegmentation"/>. Parts of objects (<c>part</c>,
/// head, hands and feet of the layout task) are no objects.
/// </summary>
internal sealed class VocReader : AnnotationReader
{
    /// <summary>Far deeper than the format's three levels.</summary>
    private const int DeepestElement = 64;

    private const string PicturesFolder = "JPEGImages";
    private const string Extension = ".xml";

    private readonly string _folder;
    private readonly string[] _files;
    private readonly PictureCatalog _pictures;
    private readonly bool _withMasks;

    private VocReader(string folder, string[] files, PictureCatalog pictures, bool withMasks)
    {
        _withMasks = withMasks;
        _folder = folder;
        _files = files;
        _pictures = pictures;
    }

    public override IReadOnlyList<string>? Labels => null;

    public override int Count => _files.Length;

    /// <exception cref="ModelFileException">There are no annotations, or the split is not listed.</exception>
    public static VocReader Open(AnnotationSource source)
    {
        string inside = Path.Combine(source.Path, VocWriter.AnnotationsFolder);
        string folder = Directory.Exists(inside) ? inside : source.Path;
        string beside = Path.Combine(folder, "..", PicturesFolder);
        FolderPictures pictures = FolderPictures.In(source.Pictures ?? (Directory.Exists(beside) ? beside : null));
        string[] files = source.Split is null
            ? AnnotationFile.Below(folder, Extension)
            : ReadSplit(Path.Combine(folder, "..", "ImageSets", "Main", source.Split + ".txt"), folder);
        return new VocReader(folder, files, pictures, source.WithMasks);
    }

    /// <summary>Opens what a <see cref="VocWriter"/> has written.</summary>
    public static VocReader Open(string folder, PictureCatalog pictures, bool withMasks)
    {
        string annotations = Path.Combine(folder, VocWriter.AnnotationsFolder);
        return new VocReader(annotations, AnnotationFile.Below(annotations, Extension), pictures, withMasks);
    }

    public override AnnotatedImage Read(int index)
    {
        string file = _files[index];
        XElement root = Load(file);
        if (root.Name != "annotation")
        {
            throw new ModelFileException($"{file}: the root is <{root.Name}>; expected <annotation>.");
        }
        string below = Path.GetDirectoryName(Path.GetRelativePath(_folder, file))!;
        string name = _pictures.NameOf(Path.Combine(below, Text(file, root, "filename")));
        (int width, int height) = Size(file, root) ?? _pictures.SizeOf(name, file);
        AnnotatedObject[] objects = [.. root.Elements("object").Select(marked => ReadObject(file, marked))];
        if (_withMasks)
        {
            string stem = PicturePath.Stem(Path.GetRelativePath(_folder, file));
            string shapes = Path.Combine(_folder, "..", VocSegmentation.Folder, stem + VocSegmentation.Extension);
            ObjectMask?[] masks = VocSegmentation.Read(shapes, width, height, objects.Length);
            objects = [.. objects.Select((marked, i) => marked with { Mask = masks[i] })];
        }
        return new AnnotatedImage(name, width, height, objects) { Origin = $"{file}: <filename>" };
    }

    private static AnnotatedObject ReadObject(string file, XElement marked)
    {
        string label = Text(file, marked, "name");
        XElement box = Child(file, marked, "bndbox");
        float Edge(string name) => Number(file, box, name);
        return new AnnotatedObject(label, new PixelBox(Edge("ymin") - 1, Edge("xmin") - 1, Edge("ymax"), Edge("xmax")));
    }

    /// <summary>The picture's size; null where it is missing or 0, as some tools leave it.</summary>
    private static (int Width, int Height)? Size(string file, XElement root)
    {
        if (root.Element("size") is not XElement size)
        {
            return null;
        }
        (float width, float height) = (Number(file, size, "width"), Number(file, size, "height"));
        return (width, height) switch
        {
            (0, _) or (_, 0) => null,
            ( >= 1 and < int.MaxValue, >= 1 and < int.MaxValue) => ((int)width, (int)height),
            _ => throw Wrong(file, size, $"says {width} x {height}", "a size in pixels"),
        };
    }

    private static float Number(string file, XElement parent, string name)
    {
        XElement child = Child(file, parent, name);
        return float.TryParse(child.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out float number) && float.IsFinite(number)
            ? number
            : throw Wrong(file, child, $"is '{child.Value}'", "a number");
    }

    private static string Text(string file, XElement parent, string name) => Child(file, parent, name).Value.Trim();

    private static XElement Child(string file, XElement parent, string name) =>
        parent.Element(name) ?? throw Wrong(file, parent, $"has no <{name}>", "one");

    private static ModelFileException Wrong(string file, XElement element, string found, string expected) =>
        new($"{file}, line {((IXmlLineInfo)element).LineNumber}: <{element.Name}> {found}; expected {expected}.");

    private static XElement Load(string file)
    {
        XmlReaderSettings settings = new() { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, IgnoreComments = true };
        try
        {
            using MemoryStream bytes = new(AnnotationFile.ReadAll(file).ToArray(), writable: false);
            CheckDepth(bytes, settings, file);
            bytes.Position = 0;
            using XmlReader xml = XmlReader.Create(bytes, settings);
            return XDocument.Load(xml, LoadOptions.SetLineInfo).Root!;
        }
        catch (XmlException error)
        {
            string place = error.LineNumber > 0 ? $", line {error.LineNumber}" : "";
            throw new ModelFileException(
                $"{file}{place} is not well-formed XML or begins a DTD; expected an <annotation>, and no DTD.", error);
        }
    }

    /// <summary>The reader's message about elements left open takes time with the square of their number.</summary>
    private static void CheckDepth(Stream bytes, XmlReaderSettings settings, string file)
    {
        using XmlReader xml = XmlReader.Create(bytes, settings);
        while (xml.Read())
        {
            if (xml.Depth > DeepestElement)
            {
                throw new ModelFileException(
                    $"{file}: elements lie more than {DeepestElement} deep in each other; expected an <annotation> of a few levels.");
            }
        }
    }

    /// <summary>
    /// A list in ImageSets/Main: names of pictures without extension, one per line, and perhaps a 1 or -1 after it for one class.
    /// </summary>
    private static string[] ReadSplit(string list, string folder)
    {
        if (!File.Exists(list))
        {
            throw new ModelFileException($"There is no list {list} of the split's pictures.");
        }
        string text = Encoding.UTF8.GetString(AnnotationFile.ReadAll(list));
        string[] lines = text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return Array.ConvertAll(lines, line => SidecarFile.PathOf(folder, line.Split(' ', '\t')[0] + Extension, Extension, $"{list}: a name"));
    }
}
