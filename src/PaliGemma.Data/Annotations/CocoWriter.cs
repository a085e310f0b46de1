using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using PaliGemma.Tasks;

namespace PaliGemma.Data.Annotations;

/// <summary>
/// Writes COCO instances. Annotations are written as they come, images and categories after them: readers take the lists in any order, and
/// the numbers of the categories are known only at the end. Images, annotations and categories are numbered from 1.
/// </summary>
internal sealed class CocoWriter : AnnotationWriter
{
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly FileStream _file;
    private readonly Utf8JsonWriter _json;
    private readonly ArrayBufferWriter<byte> _images = new();
    private readonly Utf8JsonWriter _imagesJson;
    private readonly LabelNumbers _labels = new();
    private int _imageCount;
    private int _annotationCount;

    public CocoWriter(string path)
    {
        _file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, 1 << 16);
        _json = new Utf8JsonWriter(_file, Readable);
        _imagesJson = new Utf8JsonWriter(_images, Readable);
        _json.WriteStartObject();
        _json.WriteStartObject("info");
        _json.WriteString("description", "");
        _json.WriteEndObject();
        _json.WriteStartArray("licenses");
        _json.WriteEndArray();
        _json.WriteStartArray("annotations");
        _imagesJson.WriteStartArray();
    }

    public override bool KeepsCrowds => true;

    public override void Begin(IReadOnlyList<string> labels) => _labels.AddRange(labels);

    public override void Write(AnnotatedImage image)
    {
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
        _file.Flush(flushToDisk: true);
    }

    protected override void Dispose(bool disposing)
    {
        _imagesJson.Dispose();
        _json.Dispose();
        _file.Dispose();
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
        _json.WriteEndObject();
    }
}
