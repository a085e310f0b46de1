using System.Text;
using System.Text.Json;

namespace PaliGemma.Data.Annotations;

/// <summary>
/// LabelMe's JSON about one picture (github.com/wkentaro/labelme): a rectangle for an object without a shape, otherwise a polygon for each
/// of its parts, with a <c>group_id</c> in common where they are several.
/// </summary>
public static class LabelMeDocument
{
    private static readonly JsonWriterOptions Indented = JsonText.Compact with { Indented = true };

    /// <summary>The document's text.</summary>
    /// <param name="image">What is marked in the picture.</param>
    /// <param name="imagePath">The way from the document's folder to the picture.</param>
    public static string Of(AnnotatedImage image, string imagePath)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(imagePath);
        return Encoding.UTF8.GetString(JsonText.Of(Indented, json => Write(json, image, imagePath)));
    }

    private static void Write(Utf8JsonWriter json, AnnotatedImage image, string imagePath)
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
        json.WriteString("imagePath", imagePath);
        json.WriteNull("imageData");
        json.WriteNumber("imageHeight", image.Height);
        json.WriteNumber("imageWidth", image.Width);
        json.WriteEndObject();
    }

    /// <param name="json">Where to.</param>
    /// <param name="marked">The object.</param>
    /// <param name="group">The number that its shapes have in common if they are several.</param>
    private static void WriteObject(Utf8JsonWriter json, AnnotatedObject marked, int group)
    {
        IReadOnlyList<double[]> polygons = marked.Mask?.Polygons ?? [];
        if (polygons.Count == 0)
        {
            WriteShape(json, marked.Label, "rectangle", group: null, [marked.Box.X1, marked.Box.Y1, marked.Box.X2, marked.Box.Y2]);
            return;
        }
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
