using System.Text.Encodings.Web;
using System.Text.Json;

namespace PaliGemma.Data.Annotations;

/// <summary>Writes LabelMe's JSON files, one beside where its picture would be.</summary>
/// <param name="folder">The folder of the files while they are written.</param>
/// <param name="finalFolder">Where they will be.</param>
/// <param name="pictures">The folder of pictures, which <c>imagePath</c> leads to; null if it is <paramref name="finalFolder"/>.</param>
internal sealed class LabelMeWriter(string folder, string finalFolder, string? pictures) : AnnotationWriter
{
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, Indented = true };

    public override void Begin(IReadOnlyList<string> labels)
    {
    }

    public override void Write(AnnotatedImage image)
    {
        using MemoryStream bytes = new();
        using (Utf8JsonWriter json = new(bytes, Readable))
        {
            json.WriteStartObject();
            json.WriteString("version", "5.5.0");
            json.WriteStartObject("flags");
            json.WriteEndObject();
            json.WriteStartArray("shapes");
            for (int i = 0; i < image.Objects.Count; i++)
            {
                WriteObject(json, image.Objects[i], group: i + 1);
            }
            json.WriteEndArray();
            json.WriteString("imagePath", ImagePath(image.Path));
            json.WriteNull("imageData");
            json.WriteNumber("imageHeight", image.Height);
            json.WriteNumber("imageWidth", image.Width);
            json.WriteEndObject();
        }
        SidecarFile.Write(folder, image.Path, ".json", bytes.ToArray());
    }

    /// <summary>The way from the annotations to the picture.</summary>
    private string ImagePath(string picture)
    {
        string file = Path.Combine(Path.GetFullPath(pictures ?? finalFolder), picture);
        string place = Path.GetDirectoryName(SidecarFile.PathOf(Path.GetFullPath(finalFolder), picture, ".json"))!;
        return PicturePath.Normalize(Path.GetRelativePath(place, file), folder: null);
    }

    /// <param name="json">Where to.</param>
    /// <param name="marked">The object.</param>
    /// <param name="group">The number that its shapes have in common if they are several.</param>
    private static void WriteObject(Utf8JsonWriter json, AnnotatedObject marked, int group)
    {
        if (marked.Mask is null)
        {
            WriteShape(json, marked.Label, "rectangle", group: null, [marked.Box.X1, marked.Box.Y1, marked.Box.X2, marked.Box.Y2]);
            return;
        }
        IReadOnlyList<double[]> polygons = marked.Mask.Polygons;
        foreach (double[] polygon in polygons)
        {
            WriteShape(json, marked.Label, "polygon", polygons.Count > 1 ? group : null, polygon);
        }
    }

    private static void WriteShape(Utf8JsonWriter json, string label, string type, int? group, ReadOnlySpan<double> points)
    {
        json.WriteStartObject();
        json.WriteString("label", label);
        json.WriteStartArray("points");
        for (int i = 0; i < points.Length; i += 2)
        {
            JsonPixels.Write(json, points[i], points[i + 1]);
        }
        json.WriteEndArray();
        json.WritePropertyName("group_id");
        if (group is int number)
        {
            json.WriteNumberValue(number);
        }
        else
        {
            json.WriteNullValue();
        }
        json.WriteString("description", "");
        json.WriteString("shape_type", type);
        json.WriteStartObject("flags");
        json.WriteEndObject();
        json.WriteNull("mask");
        json.WriteEndObject();
    }
}
