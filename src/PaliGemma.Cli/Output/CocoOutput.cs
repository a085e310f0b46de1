using System.Text.Json;
using PaliGemma.Tasks;

namespace PaliGemma.Cli.Output;

/// <summary>
/// Prints one COCO annotation document (cocodataset.org/#format-data) about all pictures; annotations have a score beside COCO's own
/// fields.
/// </summary>
internal sealed class CocoOutput(TextWriter writer) : AnswerOutput
{
    private readonly List<Answer> _answers = [];

    public override void End(Answer answer) => _answers.Add(answer);

    public override void Complete() => writer.WriteLine(JsonText.Of(Write));

    private void Write(Utf8JsonWriter json)
    {
        CategoryNumbers categories = new();
        json.WriteStartObject();
        json.WriteStartArray("images");
        for (int i = 0; i < _answers.Count; i++)
        {
            categories.Add(_answers[i].Task);
            json.WriteStartObject();
            json.WriteNumber("id", i + 1);
            json.WriteString("file_name", _answers[i].File);
            json.WriteNumber("width", _answers[i].Image.Width);
            json.WriteNumber("height", _answers[i].Image.Height);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("annotations");
        int id = 0;
        for (int i = 0; i < _answers.Count; i++)
        {
            foreach (DetectedObject found in _answers[i].Output.Objects)
            {
                WriteAnnotation(json, found, ++id, imageId: i + 1, categoryId: categories.Of(found.Label) + 1);
            }
        }
        json.WriteEndArray();
        json.WriteStartArray("categories");
        for (int i = 0; i < categories.Names.Count; i++)
        {
            json.WriteStartObject();
            json.WriteNumber("id", i + 1);
            json.WriteString("name", categories.Names[i]);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteAnnotation(Utf8JsonWriter json, DetectedObject found, int id, int imageId, int categoryId)
    {
        PixelBox box = found.PixelBox;
        json.WriteStartObject();
        json.WriteNumber("id", id);
        json.WriteNumber("image_id", imageId);
        json.WriteNumber("category_id", categoryId);
        json.WritePropertyName("bbox");
        JsonText.WriteNumbers(json, box.X1, box.Y1, box.Width, box.Height);
        json.WriteNumber("area", Math.Round((decimal)(box.Width * box.Height), 3));
        json.WriteStartArray("segmentation");
        if (found.Mask is InstanceMask mask)
        {
            foreach (double[] polygon in MaskPolygon.Trace(mask.ToPicture(), mask.PictureHeight, mask.PictureWidth))
            {
                json.WriteStartArray();
                foreach (double coordinate in polygon)
                {
                    json.WriteNumberValue(coordinate);
                }
                json.WriteEndArray();
            }
        }
        json.WriteEndArray();
        json.WriteNumber("iscrowd", 0);
        if (found.Score is float score)
        {
            json.WriteNumber("score", score);
        }
        json.WriteEndObject();
    }
}
