using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using FsCheck.Xunit;
using PaliGemma.Data.Annotations;
using PaliGemma.Imaging;

namespace PaliGemma.Data.Tests.Annotations;

/// <summary>What is written, field by field as the formats' own pages have it, and without this project's readers.</summary>
public partial class PublishedRulesTests
{
    /// <summary>Positions are written to the thousandth of a pixel.</summary>
    private const double Rounding = 0.001;

    /// <summary>cocodataset.org/#format-data.</summary>
    [Property(MaxTest = 60)]
    public void Coco_has_ids_that_resolve_boxes_in_pixels_and_segmentations_of_their_area(int seed, bool withShapes)
    {
        using SampleFiles files = new();
        DrawnCoco drawn = Convert(files, seed, withShapes, AnnotationFormat.Coco);
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(files.At("out")));
        JsonElement root = document.RootElement;
        Dictionary<long, JsonElement> images = ById(root.GetProperty("images"));
        Dictionary<long, JsonElement> categories = ById(root.GetProperty("categories"));
        Assert.Equal(drawn.Pictures, images.Values.Select(image =>
            (image.GetProperty("file_name").GetString()!, image.GetProperty("width").GetInt32(), image.GetProperty("height").GetInt32())));
        Assert.Distinct(categories.Values.Select(category => category.GetProperty("name").GetString()));
        foreach (JsonElement annotation in ById(root.GetProperty("annotations")).Values)
        {
            JsonElement image = images[annotation.GetProperty("image_id").GetInt64()];
            Assert.Contains(annotation.GetProperty("category_id").GetInt64(), categories);
            (int width, int height) = (image.GetProperty("width").GetInt32(), image.GetProperty("height").GetInt32());
            double[] bbox = Numbers(annotation.GetProperty("bbox"));
            Assert.Equal(4, bbox.Length);
            AssertPlaces([bbox[0], bbox[1], bbox[0] + bbox[2], bbox[1] + bbox[3]], width, height);
            Assert.True(bbox[2] > 0 && bbox[3] > 0);
            int isCrowd = annotation.GetProperty("iscrowd").GetInt32();
            Assert.InRange(isCrowd, 0, 1);
            double area = annotation.GetProperty("area").GetDouble();
            Assert.True(area > 0);
            JsonElement segmentation = annotation.GetProperty("segmentation");
            if (isCrowd == 1 && withShapes)
            {
                Assert.Equal([height, width], Numbers(segmentation.GetProperty("size")));
                double[] counts = Numbers(segmentation.GetProperty("counts"));
                Assert.All(counts, count => Assert.True(count >= 0 && double.IsInteger(count)));
                Assert.Equal(height * width, counts.Sum());
                Assert.Equal(area, counts.Where((_, i) => i % 2 == 1).Sum());
                continue;
            }
            double[][] polygons = [.. segmentation.EnumerateArray().Select(Numbers)];
            Assert.Equal(withShapes, polygons.Length > 0);
            foreach (double[] polygon in polygons)
            {
                Assert.True(polygon.Length >= 6 && polygon.Length % 2 == 0);
                AssertPlaces(polygon, width, height);
            }
            if (withShapes)
            {
                // A pixel on the border may count or not.
                Assert.Equal(PixelsInside(polygons, width, height), area, polygons.Sum(Length) + 2);
            }
            else
            {
                Assert.Equal(bbox[2] * bbox[3], area, Rounding * (bbox[2] + bbox[3] + 1));
            }
        }
    }

    /// <summary>docs.ultralytics.com/datasets/detect and /segment.</summary>
    [Property(MaxTest = 60)]
    public void Yolo_has_a_named_class_and_a_box_or_pairs_of_fractions_on_every_line(int seed, bool withShapes)
    {
        using SampleFiles files = new();
        DrawnCoco drawn = Convert(files, seed, withShapes, AnnotationFormat.Yolo);
        string[] yaml = File.ReadAllLines(files.At("out", "data.yaml"));
        Assert.Equal(["train: images", "val: images", "names:"], yaml.Take(3));
        Assert.Equal(Enumerable.Range(0, yaml.Length - 3), yaml.Skip(3).Select(line =>
            int.Parse(ClassName().Match(line).Groups[1].Value, CultureInfo.InvariantCulture)));
        AssertFiles(files.At("out", "labels"), drawn, ".txt", (path, _) =>
        {
            foreach (string line in File.ReadAllLines(path))
            {
                string[] words = line.Split(' ');
                Assert.InRange(int.Parse(words[0], NumberStyles.None, CultureInfo.InvariantCulture), 0, yaml.Length - 4);
                double[] numbers = [.. words.Skip(1).Select(word => double.Parse(word, CultureInfo.InvariantCulture))];
                Assert.All(numbers, number => Assert.InRange(number, 0, 1));
                if (withShapes)
                {
                    Assert.True(numbers.Length >= 6 && numbers.Length % 2 == 0);
                }
                else
                {
                    Assert.Equal(4, numbers.Length);
                    Assert.All(numbers.Take(2).Zip(numbers.Skip(2)), side =>
                    {
                        Assert.True(side.Second > 0);
                        Assert.InRange(side.First - (side.Second / 2), -1e-6, 1);
                        Assert.InRange(side.First + (side.Second / 2), 0, 1 + 1e-6);
                    });
                }
            }
        });
    }

    /// <summary>host.robots.ox.ac.uk/pascal/VOC, the development kit's annotations and its function VOClabelcolormap.</summary>
    [Property(MaxTest = 60)]
    public void Voc_has_its_elements_in_order_whole_pixels_from_1_and_shapes_in_the_palette_s_colours(int seed, bool withShapes)
    {
        using SampleFiles files = new();
        DrawnCoco drawn = Convert(files, seed, withShapes, AnnotationFormat.Voc);
        AssertFiles(files.At("out", "Annotations"), drawn, ".xml", (path, picture) =>
        {
            XElement root = XDocument.Load(path).Root!;
            Assert.Equal("annotation", root.Name);
            XElement[] objects = [.. root.Elements("object")];
            Assert.Equal(["folder", "filename", "size", "segmented", .. objects.Select(_ => "object")], Names(root));
            Assert.Equal(picture.Path, string.Join('/', ((string[])[Text(root, "folder"), Text(root, "filename")]).Where(part => part.Length > 0)));
            XElement size = root.Element("size")!;
            Assert.Equal(["width", "height", "depth"], Names(size));
            Assert.Equal((picture.Width, picture.Height, 3), (Number(size, "width"), Number(size, "height"), Number(size, "depth")));
            Assert.Equal(withShapes && objects.Length > 0 ? 1 : 0, Number(root, "segmented"));
            foreach (XElement marked in objects)
            {
                Assert.Equal(["name", "pose", "truncated", "difficult", "bndbox"], Names(marked));
                Assert.NotEmpty(Text(marked, "name"));
                Assert.Contains(Text(marked, "pose"), (string[])["Unspecified", "Left", "Right", "Frontal", "Rear"]);
                Assert.Equal((0, 0), (Number(marked, "truncated"), Number(marked, "difficult")));
                XElement box = marked.Element("bndbox")!;
                Assert.Equal(["xmin", "ymin", "xmax", "ymax"], Names(box));
                Assert.InRange(Number(box, "xmin"), 1, Number(box, "xmax"));
                Assert.InRange(Number(box, "xmax"), 1, picture.Width);
                Assert.InRange(Number(box, "ymin"), 1, Number(box, "ymax"));
                Assert.InRange(Number(box, "ymax"), 1, picture.Height);
            }
            string shapes = files.At("out", "SegmentationObject", Path.ChangeExtension(picture.Path, ".png"));
            Assert.Equal(withShapes && objects.Length > 0, File.Exists(shapes));
            if (File.Exists(shapes))
            {
                AssertShapes(shapes, picture.Width, picture.Height, objects);
            }
        });
    }

    /// <summary>github.com/wkentaro/labelme, label_file.py and shape.py.</summary>
    [Property(MaxTest = 60)]
    public void LabelMe_has_shapes_of_points_in_the_picture_and_the_way_to_it(int seed, bool withShapes)
    {
        using SampleFiles files = new();
        DrawnCoco drawn = Convert(files, seed, withShapes, AnnotationFormat.LabelMe);
        AssertFiles(files.At("out"), drawn, ".json", (path, picture) =>
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            JsonElement root = document.RootElement;
            Assert.Matches(@"^\d+\.\d+\.\d+$", root.GetProperty("version").GetString());
            Assert.Equal(JsonValueKind.Object, root.GetProperty("flags").ValueKind);
            Assert.Equal(JsonValueKind.Null, root.GetProperty("imageData").ValueKind);
            Assert.Equal(
                (picture.Width, picture.Height), (root.GetProperty("imageWidth").GetInt32(), root.GetProperty("imageHeight").GetInt32()));
            string way = Path.Combine(Path.GetDirectoryName(path)!, root.GetProperty("imagePath").GetString()!);
            Assert.Equal(files.At("pictures", picture.Path), Path.GetFullPath(way));
            JsonElement[] shapes = [.. root.GetProperty("shapes").EnumerateArray()];
            foreach (JsonElement shape in shapes)
            {
                Assert.NotEmpty(shape.GetProperty("label").GetString()!);
                Assert.Equal(JsonValueKind.Object, shape.GetProperty("flags").ValueKind);
                Assert.Equal(JsonValueKind.String, shape.GetProperty("description").ValueKind);
                double[][] points = [.. shape.GetProperty("points").EnumerateArray().Select(Numbers)];
                Assert.All(points, point => Assert.Equal(2, point.Length));
                AssertPlaces([.. points.SelectMany(point => point)], picture.Width, picture.Height);
                Assert.Equal(withShapes ? "polygon" : "rectangle", shape.GetProperty("shape_type").GetString());
                Assert.True(withShapes ? points.Length >= 3 : points.Length == 2);
            }
            IEnumerable<IGrouping<int, JsonElement>> groups = shapes
                .Where(shape => shape.GetProperty("group_id").ValueKind != JsonValueKind.Null)
                .GroupBy(shape => shape.GetProperty("group_id").GetInt32());
            Assert.All(groups, group => Assert.Single(group.Select(shape => shape.GetProperty("label").GetString()).Distinct()));
        });
    }

    [GeneratedRegex("""^  (\d+): ".+"$""")]
    private static partial Regex ClassName();

    private static DrawnCoco Convert(SampleFiles files, int seed, bool withShapes, AnnotationFormat format)
    {
        DrawnCoco drawn = new(new Random(seed));
        Directory.CreateDirectory(files.At("pictures"));
        AnnotationSource source = new(AnnotationFormat.Coco, files.Write("drawn.json", drawn.Json)) { Pictures = files.At("pictures") };
        AnnotationTarget target = new(format, files.At("out"))
        {
            Task = withShapes ? AnnotationTask.Segment : AnnotationTask.Detect,
        };
        ConversionReport report = AnnotationConversion.Run(source, target);
        Assert.Equal(0, report.RoundTrip.Lost);
        return drawn;
    }

    /// <summary>Checks the one file about each picture; there are no others.</summary>
    private static void AssertFiles(string folder, DrawnCoco drawn, string extension, Action<string, (string Path, int Width, int Height)> check)
    {
        Assert.Equal(
            drawn.Pictures.Select(picture => Path.ChangeExtension(picture.Path, extension)).Order(StringComparer.Ordinal),
            Directory.EnumerateFiles(folder, "*" + extension, SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(folder, file).Replace('\\', '/')).Order(StringComparer.Ordinal));
        Assert.All(drawn.Pictures, picture => check(Path.Combine(folder, Path.ChangeExtension(picture.Path, extension)), picture));
    }

    private static Dictionary<long, JsonElement> ById(JsonElement list) =>
        list.EnumerateArray().ToDictionary(item => item.GetProperty("id").GetInt64());

    private static double[] Numbers(JsonElement list) => [.. list.EnumerateArray().Select(number => number.GetDouble())];

    /// <summary>x and y in turn, all of them in the picture.</summary>
    private static void AssertPlaces(double[] places, int width, int height) =>
        Assert.All(places.Index(), place => Assert.InRange(place.Item, -Rounding, (place.Index % 2 == 0 ? width : height) + Rounding));

    /// <summary>Pixels whose middle lies in any of the polygons.</summary>
    private static int PixelsInside(double[][] polygons, int width, int height) => Enumerable.Range(0, width * height).Count(pixel =>
        polygons.Any(polygon => IsInside(polygon, (pixel % width) + 0.5, (pixel / width) + 0.5)));

    private static bool IsInside(double[] polygon, double x, double y)
    {
        bool inside = false;
        foreach ((double x1, double y1, double x2, double y2) in Sides(polygon))
        {
            inside ^= y1 > y != y2 > y && x < x1 + ((x2 - x1) * (y - y1) / (y2 - y1));
        }
        return inside;
    }

    private static double Length(double[] polygon) => Sides(polygon).Sum(side => double.Hypot(side.X2 - side.X1, side.Y2 - side.Y1));

    private static IEnumerable<(double X1, double Y1, double X2, double Y2)> Sides(double[] polygon)
    {
        for (int i = 0; i < polygon.Length; i += 2)
        {
            int next = (i + 2) % polygon.Length;
            yield return (polygon[i], polygon[i + 1], polygon[next], polygon[next + 1]);
        }
    }

    private static IEnumerable<string> Names(XElement element) => element.Elements().Select(child => child.Name.LocalName);

    private static string Text(XElement element, string name) => element.Element(name)!.Value;

    private static int Number(XElement element, string name) =>
        int.Parse(Text(element, name), NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>A PNG file with a palette, in which the n-th object has the n-th colour, in its box.</summary>
    private static void AssertShapes(string path, int width, int height, XElement[] objects)
    {
        byte[] file = File.ReadAllBytes(path);
        Assert.Equal((width, height), (BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(16)), BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(20))));
        const int BitDepth = 8, Indexed = 3;
        Assert.Equal((BitDepth, Indexed), (file[24], file[25]));
        RgbImage image = ImageFile.Load(path);
        (byte, byte, byte)[] colours = [.. Enumerable.Range(0, objects.Length + 1).Select(Colour)];
        for (int i = 0; i < width * height; i++)
        {
            int number = Array.IndexOf(colours, (image.Pixels[3 * i], image.Pixels[(3 * i) + 1], image.Pixels[(3 * i) + 2]));
            Assert.InRange(number, 0, objects.Length);
            if (number > 0)
            {
                XElement box = objects[number - 1].Element("bndbox")!;
                // Edges are rounded to pixels, and so are borders.
                Assert.InRange((i % width) + 1, Number(box, "xmin") - 1, Number(box, "xmax") + 1);
                Assert.InRange((i / width) + 1, Number(box, "ymin") - 1, Number(box, "ymax") + 1);
            }
        }
    }

    private static (byte, byte, byte) Colour(int number)
    {
        byte[] colour = new byte[3];
        for (int bit = 0; bit < 24; bit++)
        {
            colour[bit % 3] |= (byte)((number >> bit & 1) << (7 - (bit / 3)));
        }
        return (colour[0], colour[1], colour[2]);
    }
}
