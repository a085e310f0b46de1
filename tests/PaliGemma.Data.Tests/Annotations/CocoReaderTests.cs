using System.Text;
using System.Text.Json;
using PaliGemma.Data.Annotations;
using PaliGemma.Tasks;

namespace PaliGemma.Data.Tests.Annotations;

public sealed class CocoReaderTests : IDisposable
{
    /// <summary>In the form that cocodataset.org publishes, with an object, a crowd, and a picture with nothing in it.</summary>
    private const string Published = """
        {
          "info": {"year": 2017, "version": "1.0", "description": "sample", "contributor": "", "url": "", "date_created": "2017/09/01"},
          "licenses": [{"url": "http://creativecommons.org/licenses/by/2.0/", "id": 4, "name": "Attribution License"}],
          "images": [
            {"license": 4, "file_name": "000000397133.jpg", "coco_url": "", "height": 427, "width": 640,
             "date_captured": "2013-11-14 17:02:52", "flickr_url": "", "id": 397133},
            {"license": 4, "file_name": "000000000139.jpg", "coco_url": "", "height": 426, "width": 640,
             "date_captured": "2013-11-21 01:34:01", "flickr_url": "", "id": 139}
          ],
          "annotations": [
            {"segmentation": [[224.24, 297.18, 228.29, 297.18, 234.91, 353.81]], "area": 1481.38, "iscrowd": 0, "image_id": 397133,
             "bbox": [217.62, 240.54, 38.99, 57.75], "category_id": 44, "id": 82445},
            {"segmentation": {"counts": [272, 2, 4, 273002], "size": [427, 640]}, "area": 18419, "iscrowd": 1, "image_id": 397133,
             "bbox": [1, 0, 276, 122], "category_id": 1, "id": 900100397133}
          ],
          "categories": [
            {"supercategory": "person", "id": 1, "name": "person"},
            {"supercategory": "kitchen", "id": 44, "name": "bottle"}
          ]
        }
        """;

    private readonly SampleFiles _files = new();

    [Fact]
    public void Boxes_are_read_as_published()
    {
        using AnnotationReader reader = AnnotationReader.Open(Source(Published));
        Assert.Equal(["person", "bottle"], reader.Labels);
        Assert.Equal(2, reader.Count);
        AnnotatedImage image = reader.Read(0);
        Assert.Equal(("000000397133.jpg", 640, 427), (image.Path, image.Width, image.Height));
        PixelBox box = image.Objects[0].Box;
        Assert.Equal(217.62, box.X1, 1e-3);
        Assert.Equal(240.54, box.Y1, 1e-3);
        Assert.Equal(217.62 + 38.99, box.X2, 1e-3);
        Assert.Equal(240.54 + 57.75, box.Y2, 1e-3);
        Assert.Equal(("bottle", false), (image.Objects[0].Label, image.Objects[0].IsCrowd));
        Assert.Equal(("person", true), (image.Objects[1].Label, image.Objects[1].IsCrowd));
        Assert.Empty(reader.Read(1).Objects);
    }

    [Fact]
    public void Shapes_are_read_as_published_polygons_and_runs_of_a_crowd()
    {
        IReadOnlyList<AnnotatedObject> objects = ReadShapes(Published);
        IEnumerable<double> corners = Assert.Single(objects[0].Mask!.Polygons).Select(place => Math.Round(place, 2));
        Assert.Equal([224.24, 297.18, 228.29, 297.18, 234.91, 353.81], corners);
        RunLengthEncoding crowd = objects[1].Mask!.Runs;
        Assert.Equal((427, 640, 273_004), (crowd.Height, crowd.Width, crowd.Area));
        string compressed = JsonSerializer.Serialize(crowd.ToCompressedString());
        string json = Published.Replace("[272, 2, 4, 273002]", compressed, StringComparison.Ordinal);
        Assert.Equal(crowd.Counts, ReadShapes(json)[1].Mask!.Runs.Counts);
        Assert.All(SampleFiles.Read(Source(Published))[0].Objects, marked => Assert.Null(marked.Mask));
    }

    [Fact]
    public void Polygons_of_too_few_corners_are_left_out_and_told()
    {
        string json = Published.Replace("[[224.24,", "[[1, 2, 3, 4], [224.24,", StringComparison.Ordinal);
        AnnotatedImage image = SampleFiles.Read(Source(json) with { WithMasks = true })[0];
        Assert.Single(image.Objects[0].Mask!.Polygons);
        string problem = Assert.Single(image.Problems);
        Assert.Contains("coco.json: annotations[0].segmentation[0] has 4 coordinates", problem, StringComparison.Ordinal);
        json = Published.Replace("[[224.24, 297.18, 228.29, 297.18, 234.91, 353.81]]", "[]", StringComparison.Ordinal);
        Assert.Null(ReadShapes(json)[0].Mask);
    }

    [Theory]
    [InlineData("[[224.24,", "[[224.24, 7,", "annotations[0].segmentation[0] has 7 coordinates; expected x and y of every corner")]
    [InlineData("[[224.24,", "[[null,", "annotations[0].segmentation[0][0] is null; expected a number")]
    [InlineData("[[224.24, 297.18, 228.29, 297.18, 234.91, 353.81]]", "7", "annotations[0].segmentation is 7; expected polygons or runs")]
    [InlineData("[427, 640]}", "[640, 427]}", "annotations[1].segmentation.size is [640, 427]; expected the picture's [427, 640]")]
    [InlineData("[272, 2, 4, 273002]", "[272, 2, 4]", "annotations[1].segmentation.counts: ")]
    [InlineData("[272, 2, 4, 273002]", "[272, -2, 8, 273002]", "annotations[1].segmentation.counts: ")]
    [InlineData("[272, 2, 4, 273002]", "[272, 2.5, 4, 273002]", "annotations[1].segmentation.counts: 2.5 is no run")]
    [InlineData("[272, 2, 4, 273002]", "\"PPYo\"", "annotations[1].segmentation.counts: ")]
    [InlineData("[272, 2, 4, 273002]", "null", "annotations[1].segmentation.counts is missing; expected a list")]
    [InlineData("[272, 2, 4, 273002]", "{}", "annotations[1].segmentation.counts: expected a list of whole numbers or a string")]
    public void What_is_wrong_with_a_shape_is_named(string before, string after, string expected)
    {
        string json = Published.Replace(before, after, StringComparison.Ordinal);
        string message = SampleFiles.Failure(Source(json) with { WithMasks = true });
        Assert.StartsWith(_files.At("coco.json"), message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
        // Nobody who wants boxes is bothered with shapes.
        Assert.Equal(2, SampleFiles.Read(Source(json))[0].Objects.Count);
    }

    [Fact]
    public void Lists_may_come_in_any_order_and_behind_a_byte_order_mark()
    {
        const string Backwards = """
            {"annotations": [{"image_id": 5, "category_id": 2, "bbox": [1, 2, 3, 4]}],
             "categories": [{"id": 2, "name": "猫"}], "images": [{"id": 5, "file_name": "sub\\a.jpg", "width": 10, "height": 20}]}
            """;
        AnnotatedImage image = Assert.Single(SampleFiles.Read(Source("\uFEFF" + Backwards)));
        Assert.Equal("sub/a.jpg", image.Path);
        Assert.Equal(new AnnotatedObject("猫", new PixelBox(2, 1, 6, 4)), Assert.Single(image.Objects));
    }

    [Fact]
    public void Annotations_of_pictures_that_are_not_listed_are_counted()
    {
        string strays = Published.Replace("\"image_id\": 397133", "\"image_id\": 1", StringComparison.Ordinal);
        using AnnotationReader reader = AnnotationReader.Open(Source(strays));
        Assert.Equal(2, reader.Skipped[SkipReason.NoPicture]);
        Assert.Empty(reader.Read(0).Objects);
    }

    [Fact]
    public void Two_categories_of_one_name_are_one_label()
    {
        string twice = Published.Replace("\"bottle\"", "\"person\"", StringComparison.Ordinal);
        using AnnotationReader reader = AnnotationReader.Open(Source(twice));
        Assert.Equal(["person"], reader.Labels);
        Assert.Equal(["person", "person"], reader.Read(0).Objects.Select(marked => marked.Label));
    }

    [Theory]
    [InlineData("240.54, 38.99, 57.75]", "240.54, 38.99]", "annotations[0].bbox is [217.62, 240.54, 38.99]; expected [x, y,")]
    [InlineData("[217.62,", "[\"217\",", "annotations[0].bbox[0] is \"217\"; expected a number")]
    [InlineData("[217.62,", "[1e999,", "annotations[0].bbox[0] is 1e999; expected a number")]
    [InlineData("\"category_id\": 44", "\"category_id\": 45", "annotations[0].category_id is 45; expected the id of one of the categories")]
    [InlineData("\"iscrowd\": 1", "\"iscrowd\": 2", "annotations[1].iscrowd is 2")]
    [InlineData("\"image_id\": 397133", "\"image_id\": \"a\"", "annotations[0].image_id is \"a\"; expected a whole number")]
    [InlineData("\"height\": 427", "\"height\": 0", "images[0].height is 0")]
    [InlineData("\"id\": 139", "\"id\": 397133", "images[1].id is 397133")]
    [InlineData("\"id\": 44", "\"id\": 1", "categories[1].id is 1")]
    [InlineData("\"file_name\": \"000000397133.jpg\"", "\"file_name\": \"\"", "images[0].file_name is \"\"; expected the name")]
    [InlineData("\"file_name\": \"000000397133.jpg\"", "\"x\": 1", "images[0].file_name is missing; expected a string")]
    [InlineData("\"file_name\": \"000000397133.jpg\"", "\"file_name\": \"\\ud800\"", "images[0] is not a JSON object")]
    [InlineData("\"images\"", "\"pictures\"", "has no list images; expected COCO's images, annotations, categories.")]
    public void What_is_wrong_is_named(string before, string after, string expected)
    {
        int place = Published.IndexOf(before, StringComparison.Ordinal);
        string message = SampleFiles.Failure(Source(Published[..place] + after + Published[(place + before.Length)..]));
        Assert.StartsWith(_files.At("coco.json"), message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("images")]
    [InlineData("annotations")]
    [InlineData("categories")]
    public void A_list_may_be_empty_but_not_missing_misspelt_null_or_anything_else(string list)
    {
        Dictionary<string, string> fields = new()
        {
            ["images"] = """[{"id": 1, "file_name": "a.png", "width": 9, "height": 9}]""",
            ["annotations"] = "[]",
            ["categories"] = "[]",
        };
        Assert.Empty(Assert.Single(SampleFiles.Read(Source(Json()))).Objects);
        foreach (string value in new[] { "null", "{}", "{\"1\": {\"id\": 1}}", "7", "\"[]\"" })
        {
            fields[list] = value;
            AssertRefused();
        }
        fields.Remove(list);
        AssertRefused();
        fields[list.ToUpperInvariant()] = "[]";
        AssertRefused();

        string Json() => "{" + string.Join(", ", fields.Select(field => $"\"{field.Key}\": {field.Value}")) + "}";

        void AssertRefused() => Assert.Equal(
            $"{_files.At("coco.json")} has no list {list}; expected COCO's images, annotations, categories.",
            SampleFiles.Failure(Source(Json())));
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("{\n\"images\": [\n", 3)]
    [InlineData("{\n\"images\": ?", 2)]
    public void Damage_is_told_with_its_line_and_what_was_expected(string content, int line) => Assert.Equal(
        $"{_files.At("coco.json")}: line {line} is damaged or the file ends too early; expected one JSON object or list in UTF-8.",
        SampleFiles.Failure(Source(content)));

    [Fact]
    public void A_file_cut_short_anywhere_is_refused()
    {
        byte[] whole = Encoding.UTF8.GetBytes(Published);
        for (int length = 0; length < whole.Length; length++)
        {
            string path = _files.Write("coco.json", whole[..length]);
            Assert.StartsWith(path, SampleFiles.Failure(new AnnotationSource(AnnotationFormat.Coco, path)), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"images\": [{}], ")]
    [InlineData("{\"images\": []} {}")]
    [InlineData("{\"images\": NaN}")]
    [InlineData("\u0000")]
    public void What_is_no_json_object_is_refused(string content) =>
        Assert.StartsWith(_files.At("coco.json"), SampleFiles.Failure(Source(content)), StringComparison.Ordinal);

    [Fact]
    public void Nesting_without_end_is_refused()
    {
        string message = SampleFiles.Failure(Source("{\"info\": " + new string('[', 1_000_000)));
        Assert.StartsWith(_files.At("coco.json"), message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_files_and_folders_are_named()
    {
        AnnotationSource source = new(AnnotationFormat.Coco, "nowhere.json");
        Assert.Contains("nowhere.json", SampleFiles.Failure(source), StringComparison.Ordinal);
        Assert.Contains("is a folder", SampleFiles.Failure(source with { Path = _files.Folder }), StringComparison.Ordinal);
        AnnotationSource pictures = Source(Published) with { Pictures = _files.At("nowhere") };
        Assert.Contains("no folder of pictures", SampleFiles.Failure(pictures), StringComparison.Ordinal);
    }

    [Fact]
    public void A_size_that_is_not_told_is_read_from_the_picture()
    {
        _files.WritePicture("pictures/000000397133.jpg", 31, 17);
        string unsized = Published.Replace("\"height\": 427, \"width\": 640,", "", StringComparison.Ordinal);
        using AnnotationReader reader = AnnotationReader.Open(Source(unsized) with { Pictures = _files.At("pictures") });
        Assert.Equal((31, 17), (reader.Read(0).Width, reader.Read(0).Height));
        Assert.Contains("does not tell the size of 000000397133.jpg", SampleFiles.Failure(Source(unsized)), StringComparison.Ordinal);
    }

    public void Dispose() => _files.Dispose();

    private IReadOnlyList<AnnotatedObject> ReadShapes(string content) =>
        SampleFiles.Read(Source(content) with { WithMasks = true })[0].Objects;

    private AnnotationSource Source(string content) => new(AnnotationFormat.Coco, _files.Write("coco.json", content));
}
