using System.Text.Json;
using PaliGemma.Cli.Output;
using PaliGemma.Data.Annotations;
using PaliGemma.Generation;
using PaliGemma.Imaging;
using PaliGemma.Tasks;
using PaliGemma.Tests;

namespace PaliGemma.Cli.Tests.Output;

/// <summary>Found objects as other programs read them.</summary>
public class AnnotationOutputTests
{
    private const string Whole = "<loc0000><loc0000><loc1023><loc1023>";
    private const string Text = $"<loc0100><loc0200><loc0300><loc0400> dog ; {Whole} a \"猫\" ; {Whole} dog";

    [Fact]
    public void Coco_has_boxes_as_left_top_width_height_and_one_document_for_all_pictures()
    {
        string text = Print(writer => new CocoOutput(writer, ["cat", "dog"]), Answer("a.png"), Answer("b.png"));
        using JsonDocument document = JsonDocument.Parse(text);
        JsonElement root = document.RootElement;
        Assert.Equal(
            [(1, "a.png", 2046, 1023), (2, "b.png", 2046, 1023)],
            root.GetProperty("images").EnumerateArray().Select(image => (
                image.GetProperty("id").GetInt32(),
                image.GetProperty("file_name").GetString(),
                image.GetProperty("width").GetInt32(),
                image.GetProperty("height").GetInt32())));
        Assert.Equal(
            [(1, "cat"), (2, "dog"), (3, "a \"猫\"")],
            root.GetProperty("categories").EnumerateArray().Select(category =>
                (category.GetProperty("id").GetInt32(), category.GetProperty("name").GetString())));
        JsonElement[] annotations = [.. root.GetProperty("annotations").EnumerateArray()];
        Assert.Equal(Enumerable.Range(1, 6), annotations.Select(annotation => annotation.GetProperty("id").GetInt32()));
        Assert.Equal([1, 1, 1, 2, 2, 2], annotations.Select(annotation => annotation.GetProperty("image_id").GetInt32()));
        Assert.Equal([2, 3, 2, 2, 3, 2], annotations.Select(annotation => annotation.GetProperty("category_id").GetInt32()));
        Assert.Equal([400, 100, 400, 200], annotations[0].GetProperty("bbox").EnumerateArray().Select(number => number.GetDouble()));
        Assert.Equal(80_000, annotations[0].GetProperty("area").GetDouble());
        Assert.Equal(0, annotations[0].GetProperty("iscrowd").GetInt32());
        Assert.Equal(0.5, annotations[0].GetProperty("score").GetDouble());
    }

    [Fact]
    public void Yolo_has_middles_and_sizes_as_fractions_and_numbers_classes_as_they_were_asked_for()
    {
        Assert.Equal(
            ["1 0.293255 0.195503 0.195503 0.195503 0.5", "2 0.5 0.5 1 1 0.5", "1 0.5 0.5 1 1 0.5", ""],
            Print(writer => new YoloOutput(writer, ["cat", "dog"]), Answer("a.png")).Split('\n'));
    }

    [Fact]
    public void Yolo_s_boxes_and_shapes_with_their_scores_can_be_converted()
    {
        using TemporaryFolder folder = new();
        PngWriter.Save(new RgbImage(2046, 1023, new byte[2046 * 1023 * 3]), folder.File("a.png"));
        File.WriteAllText(folder.File("classes.txt"), "cat\ndog\na thing\n");
        InstanceMask mask = new(2046, 1023, 400, 100, 3, 2, [255, 0, 255, 255, 255, 255]);
        foreach (InstanceMask? shape in new[] { null, mask })
        {
            Answer answer = Answer("a.png", shape);
            File.WriteAllText(folder.File("a.txt"), Print(writer => new YoloOutput(writer, ["cat", "dog"]), answer));
            AnnotationSource source = new(AnnotationFormat.Yolo, folder.FullName) { WithMasks = true };
            using AnnotationReader reader = AnnotationReader.Open(source);
            IReadOnlyList<AnnotatedObject> objects = reader.Read(0).Objects;
            Assert.Equal(["dog", "a thing", "dog"], objects.Select(marked => marked.Label));
            Assert.Equal(shape?.ToRunLengths().Area, objects[0].Mask?.Runs.Area);
            Assert.Equal(400, objects[0].Box.X1, 0.01);
        }
    }

    [Fact]
    public void LabelMe_has_rectangles_by_two_corners()
    {
        using JsonDocument document = JsonDocument.Parse(Print(writer => new LabelMeOutput(writer), Answer("a.png")));
        JsonElement root = document.RootElement;
        Assert.Equal("a.png", root.GetProperty("imagePath").GetString());
        Assert.Equal(JsonValueKind.Null, root.GetProperty("imageData").ValueKind);
        Assert.Equal((1023, 2046), (root.GetProperty("imageHeight").GetInt32(), root.GetProperty("imageWidth").GetInt32()));
        JsonElement[] shapes = [.. root.GetProperty("shapes").EnumerateArray()];
        Assert.Equal(["dog", "a \"猫\"", "dog"], shapes.Select(shape => shape.GetProperty("label").GetString()));
        Assert.All(shapes, shape => Assert.Equal("rectangle", shape.GetProperty("shape_type").GetString()));
        IEnumerable<JsonElement> numbers = shapes[0].GetProperty("points").EnumerateArray().SelectMany(point => point.EnumerateArray());
        Assert.Equal([400, 100, 800, 300], numbers.Select(number => number.GetDouble()));
    }

    [Fact]
    public void Shapes_are_polygons_and_their_pixels_the_area()
    {
        // Two columns of two pixels, tied by one at the bottom.
        InstanceMask mask = new(2046, 1023, 400, 100, 3, 2, [255, 0, 255, 255, 255, 255]);
        int[] corners = [400, 100, 401, 100, 401, 101, 402, 101, 402, 100, 403, 100, 403, 102, 400, 102];

        using JsonDocument coco = JsonDocument.Parse(Print(writer => new CocoOutput(writer, []), Answer("a.png", mask)));
        JsonElement annotation = coco.RootElement.GetProperty("annotations")[0];
        Assert.Equal(5, annotation.GetProperty("area").GetInt32());
        JsonElement polygon = Assert.Single(annotation.GetProperty("segmentation").EnumerateArray());
        Assert.Equal(corners, polygon.EnumerateArray().Select(number => number.GetInt32()));
        Assert.Equal([400, 100, 400, 200], annotation.GetProperty("bbox").EnumerateArray().Select(number => number.GetDouble()));

        using JsonDocument labelMe = JsonDocument.Parse(Print(writer => new LabelMeOutput(writer), Answer("a.png", mask)));
        JsonElement shape = labelMe.RootElement.GetProperty("shapes")[0];
        Assert.Equal("polygon", shape.GetProperty("shape_type").GetString());
        IEnumerable<JsonElement> points = shape.GetProperty("points").EnumerateArray().SelectMany(point => point.EnumerateArray());
        Assert.Equal(corners, points.Select(number => number.GetInt32()));

        string line = Print(writer => new YoloOutput(writer, []), Answer("a.png", mask)).Split('\n')[0];
        Assert.StartsWith("0 0.195503 0.097752 0.195992 ", line, StringComparison.Ordinal);
        Assert.EndsWith(" 0.5", line, StringComparison.Ordinal);
        Assert.Equal(1 + corners.Length + 1, line.Split(' ').Length);
    }

    [Fact]
    public void An_object_whose_shape_has_no_pixel_is_still_there_with_its_box()
    {
        InstanceMask empty = new(2046, 1023, 0, 0, 0, 0, []);
        using JsonDocument labelMe = JsonDocument.Parse(Print(writer => new LabelMeOutput(writer), Answer("a.png", empty)));
        Assert.Equal(3, labelMe.RootElement.GetProperty("shapes").GetArrayLength());
        using JsonDocument coco = JsonDocument.Parse(Print(writer => new CocoOutput(writer, []), Answer("a.png", empty)));
        Assert.Equal(80_000, coco.RootElement.GetProperty("annotations")[0].GetProperty("area").GetDouble());
        Assert.Equal("1 0.293255", Print(writer => new YoloOutput(writer, ["cat"]), Answer("a.png", empty))[..10]);
    }

    [Fact]
    public void Training_data_has_the_prompt_and_the_answer_to_the_letter()
    {
        using JsonDocument document = JsonDocument.Parse(Print(writer => new TrainingDataOutput(writer), Answer("a.png")));
        Assert.Equal("a.png", document.RootElement.GetProperty("image").GetString());
        Assert.Equal("detect cat ; dog", document.RootElement.GetProperty("prefix").GetString());
        Assert.Equal(Text, document.RootElement.GetProperty("suffix").GetString());
    }

    private static string Print(Func<TextWriter, AnswerOutput> create, params Answer[] answers)
    {
        using StringWriter writer = new();
        AnswerOutput output = create(writer);
        Array.ForEach(answers, output.End);
        output.Complete();
        return writer.ToString();
    }

    private static Answer Answer(string file, InstanceMask? mask = null)
    {
        TaskOutput output = TaskOutputParser.ParseObjects(Text, 2046, 1023);
        return new Answer(
            file,
            new RgbImage(2046, 1023, new byte[2046 * 1023 * 3]),
            new DetectPrompt("cat", "dog"),
            new GeneratedText(Text, [], FinishReason.Stop),
            output with { Objects = [.. output.Objects.Select(found => found with { Score = 0.5f, Mask = mask })] },
            new AnswerTimings());
    }
}
