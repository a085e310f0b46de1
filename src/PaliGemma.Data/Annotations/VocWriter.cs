using System.Globalization;
using System.Text;
using System.Xml;
using PaliGemma.Tasks;

namespace PaliGemma.Data.Annotations;

/// <summary>
/// Writes Pascal VOC's XML files into <c>Annotations</c>. Edges are rounded to whole pixels, as the format and its readers have them, and a
/// box keeps at least one pixel.
/// </summary>
internal sealed class VocWriter(string folder) : AnnotationWriter
{
    /// <summary>The folder of annotations.</summary>
    public const string AnnotationsFolder = "Annotations";

    private static readonly XmlWriterSettings Settings = new()
    {
        Indent = true,
        IndentChars = "\t",
        NewLineChars = "\n",
        OmitXmlDeclaration = true,
        Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
    };

    public override void Begin(IReadOnlyList<string> labels)
    {
    }

    public override void Write(AnnotatedImage image)
    {
        using MemoryStream bytes = new();
        try
        {
            using XmlWriter xml = XmlWriter.Create(bytes, Settings);
            Write(xml, image);
        }
        catch (ArgumentException error)
        {
            throw new ModelFileException(
                $"{image.Origin} is '{image.Path}', and the name or a label in the picture has a character that XML cannot hold; "
                + "expected text without such as U+FFFF.",
                error);
        }
        SidecarFile.Write(Path.Combine(folder, AnnotationsFolder), image, ".xml", bytes.ToArray());
        if (HasMasks(image))
        {
            string shapes = Path.Combine(folder, VocSegmentation.Folder);
            SidecarFile.Write(shapes, image, VocSegmentation.Extension, VocSegmentation.Encode(image));
        }
    }

    private static void Write(XmlWriter xml, AnnotatedImage image)
    {
        xml.WriteStartElement("annotation");
        xml.WriteElementString("folder", Path.GetDirectoryName(image.Path));
        xml.WriteElementString("filename", Path.GetFileName(image.Path));
        xml.WriteStartElement("size");
        Write(xml, "width", image.Width);
        Write(xml, "height", image.Height);
        Write(xml, "depth", 3);
        xml.WriteEndElement();
        Write(xml, "segmented", HasMasks(image) ? 1 : 0);
        foreach (AnnotatedObject marked in image.Objects)
        {
            WriteObject(xml, marked);
        }
        xml.WriteEndElement();
    }

    private static bool HasMasks(AnnotatedImage image) => image.Objects.Any(marked => marked.Mask is not null);

    private static void WriteObject(XmlWriter xml, AnnotatedObject marked)
    {
        PixelBox box = marked.Box;
        (int xmin, int xmax) = Pixels(box.X1, box.X2);
        (int ymin, int ymax) = Pixels(box.Y1, box.Y2);
        xml.WriteStartElement("object");
        xml.WriteElementString("name", marked.Label);
        xml.WriteElementString("pose", "Unspecified");
        Write(xml, "truncated", 0);
        Write(xml, "difficult", 0);
        xml.WriteStartElement("bndbox");
        Write(xml, "xmin", xmin);
        Write(xml, "ymin", ymin);
        Write(xml, "xmax", xmax);
        Write(xml, "ymax", ymax);
        xml.WriteEndElement();
        xml.WriteEndElement();
    }

    /// <summary>The first and last pixel between two edges, counted from 1.</summary>
    private static (int First, int Last) Pixels(float start, float end)
    {
        int first = (int)MathF.Round(start);
        int last = (int)MathF.Round(end);
        return first < last ? (first + 1, last) : ((int)MathF.Floor(start) + 1, (int)MathF.Floor(start) + 1);
    }

    private static void Write(XmlWriter xml, string name, int value) =>
        xml.WriteElementString(name, value.ToString(CultureInfo.InvariantCulture));
}
