using System.Text.Json;
using PaliGemma.Configuration;
using PaliGemma.Imaging;
using PaliGemma.Tasks;

namespace PaliGemma.Data.Annotations;

/// <summary>
/// One of LabelMe's <c>shapes</c>: a <c>label</c>, a <c>shape_type</c>, and <c>points</c> in pixels, which are the corners of a polygon or
/// rectangle, a circle's middle and a point on it, or the first and the last pixel of a <c>mask</c>.
/// </summary>
/// <param name="Label">What it marks.</param>
/// <param name="Group">What shapes of one object have in common; null for an object of its own.</param>
/// <param name="Box">The box around it; null for points and lines.</param>
/// <param name="Mask">What it covers in a picture of a width and height in pixels; null for a rectangle.</param>
internal sealed record LabelMeShape(string Label, string? Group, PixelBox? Box, Func<int, int, ObjectMask?> Mask)
{
    /// <summary>Corners that stand for a circle.</summary>
    private const int CircleCorners = 64;

    /// <exception cref="ModelFileException">The shape is not as LabelMe writes it.</exception>
    public static LabelMeShape Read(JsonFields fields)
    {
        string label = fields.RequiredText("label");
        string? group = fields.TryGet("group_id", out JsonElement id) ? id.GetRawText() : null;
        double[] points = ReadPoints(fields);
        string type = fields.Text("shape_type") ?? "polygon";
        switch (type)
        {
            case "point" or "points" or "line" or "linestrip":
                return new LabelMeShape(label, group, null, (_, _) => null);
            case "rectangle" when points.Length >= 4:
                return new LabelMeShape(label, group, PixelBoxes.Around(points), (_, _) => null);
            case "polygon" when points.Length >= 6:
                return OfPolygon(label, group, points);
            case "circle" when points is [double x, double y, double edgeX, double edgeY]:
                return OfPolygon(label, group, Circle(x, y, double.Hypot(edgeX - x, edgeY - y)));
            case "mask" when points is [double left, double top, double right, double bottom]:
                PixelBox box = new((float)top, (float)left, (float)bottom + 1, (float)right + 1);
                return new LabelMeShape(label, group, box, (width, height) => ReadMask(fields, box, width, height));
            case "rectangle" or "polygon" or "circle" or "mask":
                throw fields.Unexpected("points", $"the points of a {type}");
            default:
                throw fields.Unexpected("shape_type", "polygon, rectangle, circle, mask, line, linestrip, point or points");
        }
    }

    private static LabelMeShape OfPolygon(string label, string? group, double[] points) =>
        new(label, group, PixelBoxes.Around(points), (width, height) => new PolygonMask([points], width, height));

    private static double[] Circle(double x, double y, double radius) =>
    [
        .. Enumerable.Range(0, CircleCorners)
            .Select(i => double.SinCosPi(2.0 * i / CircleCorners))
            .SelectMany(direction => (double[])[x + (radius * direction.CosPi), y + (radius * direction.SinPi)]),
    ];

    private static double[] ReadPoints(JsonFields fields)
    {
        const string Expected = "a list of [x, y] in pixels";
        if (!fields.TryGet("points", out JsonElement list) || list.ValueKind != JsonValueKind.Array)
        {
            throw fields.Unexpected("points", Expected);
        }
        List<double> points = [];
        int index = 0;
        foreach (JsonElement point in list.EnumerateArray())
        {
            if (fields.Numbers($"points[{index++}]", point) is not [float x, float y])
            {
                throw fields.Unexpected("points", Expected);
            }
            points.AddRange([x, y]);
        }
        return [.. points];
    }

    /// <summary>A mask as a picture of its box in Base64; what is not black is inside.</summary>
    private static RunMask ReadMask(JsonFields fields, PixelBox box, int width, int height)
    {
        if (!fields.TryGet("mask", out JsonElement text) || text.ValueKind != JsonValueKind.String
            || !text.TryGetBytesFromBase64(out byte[]? file))
        {
            throw fields.Unexpected("mask", "a picture in Base64");
        }
        if ((long)width * height > RunLengthEncoding.MaxPixels)
        {
            string most = $"expected at most {RunLengthEncoding.MaxPixels} pixels";
            throw fields.Wrong("mask", $"lies in a picture of {width} x {height} pixels", most);
        }
        RgbImage picture = ImageFile.Decode(file, $"{fields.File}: {fields.Prefix}mask");
        if ((picture.Width, picture.Height) != (box.Width, box.Height))
        {
            string expected = $"expected {box.Width} x {box.Height}, from the first to the last point";
            throw fields.Wrong("mask", $"has {picture.Width} x {picture.Height} pixels", expected);
        }
        int left = (int)Math.Clamp(box.X1, -picture.Width, width);
        int top = (int)Math.Clamp(box.Y1, -picture.Height, height);
        // What lies outside of the annotated picture is left out.
        (int x, int y) = (Math.Max(left, 0), Math.Max(top, 0));
        int columns = Math.Min(left + picture.Width, width) - x;
        int rows = Math.Min(top + picture.Height, height) - y;
        bool[] pixels = new bool[rows * columns];
        for (int i = 0; i < pixels.Length; i++)
        {
            (int row, int column) = Math.DivRem(i, columns);
            int pixel = ((y - top + row) * picture.Width) + x - left + column;
            pixels[i] = picture.Pixels.AsSpan(3 * pixel, 3).ContainsAnyExcept((byte)0);
        }
        return new RunMask(RunLengthEncoding.FromBox(pixels, x, y, rows, columns, height, width));
    }
}
