using System.Globalization;
using System.Text;

namespace PaliGemma.Data.Annotations;

/// <summary>
/// YOLO's text about one picture after another (docs.ultralytics.com/datasets/detect and /segment): a line per object with the number of
/// its class, then the box as middle x, middle y, width, height, or the corners of its shape, as fractions of the picture, and the score if
/// it has one, as predictions are saved.
/// </summary>
/// <param name="classes">The classes from number 0 on; others that occur are numbered after them.</param>
public sealed class YoloLabels(IEnumerable<string> classes)
{
    private readonly LabelNumbers _classes = new(classes);

    /// <summary>The classes that there are so far, in the order of their numbers.</summary>
    public IReadOnlyList<string> Classes => _classes.Names;

    /// <summary>The text about a picture; empty for one without objects.</summary>
    public string Format(AnnotatedImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        StringBuilder text = new();
        foreach (AnnotatedObject marked in image.Objects)
        {
            text.Append(CultureInfo.InvariantCulture, $"{_classes.Of(marked.Label)}");
            foreach (double number in marked.Mask is { IsEmpty: false } mask ? Polygon(mask, image) : Box(marked, image))
            {
                text.Append(CultureInfo.InvariantCulture, $" {number:0.######}");
            }
            if (marked.Score is float score)
            {
                text.Append(CultureInfo.InvariantCulture, $" {score:0.######}");
            }
            text.Append('\n');
        }
        return text.ToString();
    }

    private static IEnumerable<double> Box(AnnotatedObject marked, AnnotatedImage image)
    {
        (float y1, float x1, float y2, float x2) = marked.Box.ToNormalized(image.Width, image.Height);
        return [(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1];
    }

    private static IEnumerable<double> Polygon(ObjectMask mask, AnnotatedImage image) =>
        PolygonJoin.OneRing(mask).Select((place, i) => place / (i % 2 == 0 ? image.Width : image.Height));
}
