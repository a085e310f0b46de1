using System.Globalization;
using System.Text;

namespace PaliGemma.Data.Annotations;

/// <summary>
/// Writes a YOLO data set: <c>data.yaml</c>, and in <c>labels</c> one file per picture, empty for a picture without objects.
/// </summary>
/// <param name="folder">An empty folder.</param>
internal sealed class YoloWriter(string folder) : AnnotationWriter
{
    /// <summary>What the folder holds beside the labels.</summary>
    public const string DatasetFile = "data.yaml";

    /// <summary>The folder of labels.</summary>
    public const string LabelsFolder = "labels";

    private readonly LabelNumbers _labels = new();

    public override void Begin(IReadOnlyList<string> labels) => _labels.AddRange(labels);

    public override void Write(AnnotatedImage image)
    {
        StringBuilder text = new();
        foreach (AnnotatedObject marked in image.Objects)
        {
            text.Append(CultureInfo.InvariantCulture, $"{_labels.Of(marked.Label)}");
            foreach (double number in marked.Mask is { } mask ? Polygon(mask, image) : Box(marked, image))
            {
                text.Append(CultureInfo.InvariantCulture, $" {number:0.######}");
            }
            text.Append('\n');
        }
        SidecarFile.Write(Path.Combine(folder, LabelsFolder), image.Path, ".txt", Encoding.UTF8.GetBytes(text.ToString()));
    }

    public override void Complete()
    {
        using StreamWriter text = new(Path.Combine(folder, DatasetFile));
        text.NewLine = "\n";
        YoloDataset.Write(text, _labels.Names);
    }

    private static IEnumerable<double> Box(AnnotatedObject marked, AnnotatedImage image)
    {
        (float y1, float x1, float y2, float x2) = marked.Box.ToNormalized(image.Width, image.Height);
        return [(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1];
    }

    private static IEnumerable<double> Polygon(ObjectMask mask, AnnotatedImage image) =>
        PolygonJoin.OneRing(mask).Select((place, i) => Math.Clamp(place / (i % 2 == 0 ? image.Width : image.Height), 0, 1));
}
