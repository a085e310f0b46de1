using PaliGemma.Data.Annotations;
using PaliGemma.Imaging;
using PaliGemma.Tasks;

namespace PaliGemma.Data.Tests.Annotations;

public sealed class LabelMeReaderTests : IDisposable
{
    /// <summary>In the form of LabelMe's own examples.</summary>
    private const string Published = """
        {
          "version": "5.5.0",
          "flags": {},
          "shapes": [
            {"label": "person", "points": [[100.5, 10.25], [20.5, 90.0]], "group_id": null, "description": "", "shape_type": "rectangle",
             "flags": {}, "mask": null},
            {"label": "sofa", "points": [[30.0, 40.0], [60.0, 40.0], [45.0, 70.0]], "group_id": 3, "description": "",
             "shape_type": "polygon", "flags": {}, "mask": null},
            {"label": "bottle", "points": [[50.0, 50.0], [53.0, 54.0]], "group_id": null, "shape_type": "circle", "flags": {}},
            {"label": "nose", "points": [[1.0, 2.0]], "group_id": null, "shape_type": "point", "flags": {}},
            {"label": "sofa", "points": [[70.0, 40.0], [90.0, 40.0], [80.0, 80.0]], "group_id": 3, "shape_type": "polygon", "flags": {}}
          ],
          "imagePath": "2011_000003.jpg",
          "imageData": null,
          "imageHeight": 100,
          "imageWidth": 200
        }
        """;

    private readonly SampleFiles _files = new();

    [Fact]
    public void Shapes_are_read_as_published_and_groups_are_one_object()
    {
        AnnotatedImage image = Assert.Single(SampleFiles.Read(Source(Published)));
        Assert.Equal(("2011_000003.jpg", 200, 100), (image.Path, image.Width, image.Height));
        Assert.Equal(
            [
                ("person", new PixelBox(10.25f, 20.5f, 90, 100.5f)),
                ("sofa", new PixelBox(40, 30, 80, 90)),
                ("bottle", new PixelBox(45, 45, 55, 55)),
            ],
            image.Objects.Select(marked => (marked.Label, marked.Box)));
        Assert.Equal([SkipReason.NoArea], image.Skipped);
    }

    [Fact]
    public void Polygons_and_circles_are_shapes_parts_join_and_rectangles_are_boxes_alone()
    {
        AnnotatedImage image = Assert.Single(SampleFiles.Read(Source(Published) with { WithMasks = true }));
        Assert.Null(image.Objects[0].Mask);
        Assert.Equal([[30, 40, 60, 40, 45, 70], [70, 40, 90, 40, 80, 80]], image.Objects[1].Mask!.Polygons);
        Assert.InRange(image.Objects[2].Mask!.Runs.Area, Math.PI * 25 * 0.9, Math.PI * 25 * 1.1);
        Assert.Equal((45, 45, 10, 10), image.Objects[2].Mask!.Runs.Bounds);
    }

    [Fact]
    public void A_mask_is_a_picture_of_its_box()
    {
        bool[] pixels = new bool[100 * 200];
        (pixels[(20 * 200) + 10], pixels[(20 * 200) + 12], pixels[(21 * 200) + 11]) = (true, true, true);
        AnnotatedImage image = Assert.Single(SampleFiles.Read(Source(WithMask([255, 0, 1, 0, 7, 0], 3, 2)) with { WithMasks = true }));
        Assert.Equal(new PixelBox(20, 10, 22, 13), image.Objects[0].Box);
        Assert.Equal(pixels, image.Objects[0].Mask!.Runs.ToMask());
        string message = SampleFiles.Failure(Source(WithMask([255, 0], 2, 1)) with { WithMasks = true });
        Assert.Contains("shapes[0].mask has 2 x 1 pixels; expected 3 x 2", message, StringComparison.Ordinal);
        string damaged = WithMask([255], 1, 1).Replace("iVBOR", "-----", StringComparison.Ordinal);
        message = SampleFiles.Failure(Source(damaged) with { WithMasks = true });
        Assert.Contains("shapes[0].mask is \"-----", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[[-1, -1], [1, 0]]", 0, 0, true)]
    [InlineData("[[199, 98], [201, 99]]", 199, 98, true)]
    [InlineData("[[-30, 20], [-28, 21]]", 0, 0, false)]
    [InlineData("[[10, 200], [12, 201]]", 0, 0, false)]
    public void What_a_mask_has_outside_of_the_picture_is_left_out(string points, int x, int y, bool isInside)
    {
        string content = WithMask([255, 0, 1, 0, 7, 0], 3, 2).Replace("[[10.0, 20.0], [12.0, 21.0]]", points, StringComparison.Ordinal);
        AnnotatedImage image = Assert.Single(SampleFiles.Read(Source(content) with { WithMasks = true }));
        RunLengthEncoding runs = image.Objects[0].Mask!.Runs;
        Assert.Equal((isInside ? 1 : 0, isInside ? (x, y, 1, 1) : default), (runs.Area, runs.Bounds));
    }

    [Fact]
    public void A_mask_in_a_picture_that_is_too_large_is_refused()
    {
        string content = WithMask([255, 0, 1, 0, 7, 0], 3, 2)
            .Replace("\"imageWidth\": 200", "\"imageWidth\": 2000000000", StringComparison.Ordinal);
        string message = SampleFiles.Failure(Source(content) with { WithMasks = true });
        Assert.Contains("shapes[0].mask lies in a picture of 2000000000 x 100 pixels; expected", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2011_000003.jpg", "day/2011_000003.jpg")]
    [InlineData("./x/../b.jpg", "day/b.jpg")]
    [InlineData("..\\night\\b.jpg", "night/b.jpg")]
    [InlineData("../../elsewhere/b.jpg", "day/b.jpg")]
    [InlineData("/data/b.jpg", "day/b.jpg")]
    public void Paths_of_pictures_lead_from_the_file_to_them(string imagePath, string expected)
    {
        string escaped = imagePath.Replace("\\", "\\\\", StringComparison.Ordinal);
        string json = Published.Replace("2011_000003.jpg", escaped, StringComparison.Ordinal);
        _files.Write("set/day/a.json", json);
        AnnotatedImage image = Assert.Single(SampleFiles.Read(new AnnotationSource(AnnotationFormat.LabelMe, _files.At("set"))));
        Assert.Equal(expected, image.Path);
    }

    [Fact]
    public void A_size_that_is_not_told_is_read_from_the_picture_beside()
    {
        _files.WritePicture("labelme/2011_000003.jpg", 31, 17);
        string unsized = Published.Replace(",\n  \"imageHeight\": 100,\n  \"imageWidth\": 200", "", StringComparison.Ordinal);
        AnnotatedImage image = Assert.Single(SampleFiles.Read(Source(unsized)));
        Assert.Equal((31, 17), (image.Width, image.Height));
    }

    [Theory]
    [InlineData("\"rectangle\"", "\"spline\"", "shapes[0].shape_type is \"spline\"; expected polygon, rectangle")]
    [InlineData("[[100.5, 10.25], [20.5, 90.0]]", "[[100.5, 10.25]]", "shapes[0].points is [[100.5, 10.25]]; expected the points")]
    [InlineData(", [45.0, 70.0]]", "]", "shapes[1].points is [[30.0, 40.0], [60.0, 40.0]]; expected the points of a polygon")]
    [InlineData("[[50.0, 50.0], [53.0, 54.0]]", "[]", "shapes[2].points is []; expected the points of a circle")]
    [InlineData("[1.0, 2.0]", "[1.0]", "shapes[3].points is [[1.0]]; expected a list of [x, y]")]
    [InlineData("[1.0, 2.0]", "[1.0, \"2\"]", "shapes[3].points[0][1] is \"2\"; expected a number")]
    [InlineData("\"label\": \"person\"", "\"label\": 7", "shapes[0].label is 7; expected a string")]
    [InlineData("\"shapes\"", "\"things\"", "shapes is missing; expected a list of objects")]
    [InlineData("\"imagePath\"", "\"image\"", "imagePath is missing")]
    [InlineData("\"imagePath\": \"", "\"imagePath\": \"\\u0000", "imagePath is \"\\u0000")]
    [InlineData("\"imageWidth\": 200", "\"imageWidth\": -1", "imageWidth is -1")]
    [InlineData("\"version\"", "version", "is not a JSON object in UTF-8 from line 2, byte 3 on; expected one object")]
    public void What_is_wrong_is_named(string before, string after, string expected)
    {
        string message = SampleFiles.Failure(Source(Published.Replace(before, after, StringComparison.Ordinal)));
        Assert.StartsWith(_files.At("labelme", "a.json"), message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    public void Dispose() => _files.Dispose();

    /// <summary>The first shape as the mask of the pixels from 10, 20 to 12, 21.</summary>
    private string WithMask(byte[] gray, int width, int height)
    {
        string file = _files.At("mask.png");
        PngWriter.SaveGray(gray, width, height, file);
        string picture = Convert.ToBase64String(File.ReadAllBytes(file));
        const string None = "\"mask\": null";
        int place = Published.IndexOf(None, StringComparison.Ordinal);
        return Published.Remove(place, None.Length).Insert(place, $"\"mask\": \"{picture}\"")
            .Replace("[[100.5, 10.25], [20.5, 90.0]]", "[[10.0, 20.0], [12.0, 21.0]]", StringComparison.Ordinal)
            .Replace("\"rectangle\"", "\"mask\"", StringComparison.Ordinal);
    }

    private AnnotationSource Source(string content)
    {
        _files.Write("labelme/a.json", content);
        return new AnnotationSource(AnnotationFormat.LabelMe, _files.At("labelme"));
    }
}
