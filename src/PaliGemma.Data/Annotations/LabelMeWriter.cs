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
            foreach (AnnotatedObject marked in image.Objects)
            {
                WriteRectangle(json, marked);
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

    private static void WriteRectangle(Utf8JsonWriter json, AnnotatedObject marked)
    {
        json.WriteStartObject();
        json.WriteString("label", marked.Label);
        json.WriteStartArray("points");
        JsonPixels.Write(json, marked.Box.X1, marked.Box.Y1);
        JsonPixels.Write(json, marked.Box.X2, marked.Box.Y2);
        json.WriteEndArray();
        json.WriteNull("group_id");
        json.WriteString("description", "");
        json.WriteString("shape_type", "rectangle");
        json.WriteStartObject("flags");
        json.WriteEndObject();
        json.WriteNull("mask");
        json.WriteEndObject();
    }
}
