using System.Text.Json;
using PaliGemma.Tasks;

namespace PaliGemma.Cli.Output;

/// <summary>Prints a LabelMe document (github.com/wkentaro/labelme): a rectangle per object, by two corners.</summary>
internal sealed class LabelMeOutput(TextWriter writer) : AnswerOutput
{
    public override void End(Answer answer) => writer.WriteLine(JsonText.Of(json =>
    {
        json.WriteStartObject();
        json.WriteString("version", "5.5.0");
        json.WriteStartObject("flags");
        json.WriteEndObject();
        json.WriteStartArray("shapes");
        foreach (DetectedObject found in answer.Output.Objects)
        {
            WriteShape(json, found);
        }
        json.WriteEndArray();
        json.WriteString("imagePath", answer.File);
        json.WriteNull("imageData");
        json.WriteNumber("imageHeight", answer.Image.Height);
        json.WriteNumber("imageWidth", answer.Image.Width);
        json.WriteEndObject();
    }));

    private static void WriteShape(Utf8JsonWriter json, DetectedObject found)
    {
        json.WriteStartObject();
        json.WriteString("label", found.Label);
        json.WriteStartArray("points");
        JsonText.WriteNumbers(json, found.PixelBox.X1, found.PixelBox.Y1);
        JsonText.WriteNumbers(json, found.PixelBox.X2, found.PixelBox.Y2);
        json.WriteEndArray();
        json.WriteNull("group_id");
        json.WriteString("description", "");
        json.WriteString("shape_type", "rectangle");
        json.WriteStartObject("flags");
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
