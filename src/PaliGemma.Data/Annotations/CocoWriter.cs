using System.Buffers;
using System.Text.Json;
using PaliGemma.Tasks;

namespace PaliGemma.Data.Annotations;

/// <summary>
/// Writes COCO instances (cocodataset.org/#format-data), with a <c>score</c> for objects that have one. Annotations are written as they
/// come, images and categories after them: readers take the lists in any order, and the numbers of the categories are known only at the
/// end. Images, annotations and categories are numbered from 1.
/// </summary>
public sealed class CocoWriter : AnnotationWriter
{
    private readonly Stream _stream;
    private readonly Utf8JsonWriter _json;
    private readonly ArrayBufferWriter<byte> _images = new();
    private readonly Utf8JsonWriter _imagesJson;
    private readonly LabelNumbers _labels = new();
    private int _imageCount;
    private int _annotationCount;

    /// <summary>Begins the document.</summary>
    /// <param name="stream">Where to; it is disposed with the writer.</param>
    public CocoWriter(Stream stream)
    {
        _stream = stream;
        _json = new Utf8JsonWriter(stream, JsonText.Compact);
        _imagesJson = new Utf8JsonWriter(_images, JsonText.Compact);
        _json.WriteStartObject();
        _json.WriteStartObject("info");
        _json.WriteString("description", "");
        _json.WriteEndObject();
        _json.WriteStartArray("licenses");
        _json.WriteEndArray();
        _json.WriteStartArray("annotations");
        _imagesJson.WriteStartArray();
    }

    internal override bool KeepsCrowds => true;

    /// <inheritdoc/>
    public override void Begin(IReadOnlyList<string> labels) => _labels.AddRange(labels);

    /// <inheritdoc/>
    public override void Write(AnnotatedImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        _imageCount++;
        _imagesJson.WriteStartObject();
        _imagesJson.WriteNumber("id", _imageCount);
        _imagesJson.WriteString("file_name", image.Path);
        _imagesJson.WriteNumber("width", image.Width);
        _imagesJson.WriteNumber("height", image.Height);
        _imagesJson.WriteEndObject();
        foreach (AnnotatedObject marked in image.Objects)
        {
            WriteAnnotation(marked);
        }
        if (_json.BytesPending > 1 << 15)
        {
            _json.Flush();
        }
    }

    /// <inheritdoc/>
    public override void Complete()
    {
        _json.WriteEndArray();
        _json.WritePropertyName("images");
        _imagesJson.WriteEndArray();
        _imagesJson.Flush();
        _json.WriteRawValue(_images.WrittenSpan, skipInputValidation: true);
        _json.WriteStartArray("categories");
        for (int i = 0; i < _labels.Names.Count; i++)
        {
            _json.WriteStartObject();
            _json.WriteNumber("id", i + 1);
            _json.WriteString("name", _labels.Names[i]);
            _json.WriteString("supercategory", "");
            _json.WriteEndObject();
        }
        _json.WriteEndArray();
        _json.WriteEndObject();
        _json.Flush();
        _stream.Flush();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _imagesJson.Dispose();
        _json.Dispose();
        _stream.Dispose();
        base.Dispose(disposing);
    }

    private void WriteAnnotation(AnnotatedObject marked)
    {
        PixelBox box = marked.Box;
        _json.WriteStartObject();
        _json.WriteNumber("id", ++_annotationCount);
        _json.WriteNumber("image_id", _imageCount);
        _json.WriteNumber("category_id", _labels.Of(marked.Label) + 1);
        _json.WritePropertyName("bbox");
        JsonPixels.Write(_json, box.X1, box.Y1, box.Width, box.Height);
        CocoSegmentation.Write(_json, marked);
        _json.WriteNumber("area", marked.Mask is { } mask ? mask.Runs.Area : JsonPixels.Round((double)box.Width * box.Height));
        _json.WriteNumber("iscrowd", marked.IsCrowd ? 1 : 0);
        if (marked.Score is float score)
        {
            _json.WriteNumber("score", score);
        }
        _json.WriteEndObject();
    }
}
