using PaliGemma.Data.Annotations;
using PaliGemma.Tasks;

namespace PaliGemma.Data.Tests.Annotations;

public sealed class YoloReaderTests : IDisposable
{
    /// <summary>In the form of Ultralytics' coco8.yaml.</summary>
    private const string Yaml = """
        # COCO8 dataset
        path: coco8 # dataset root dir
        train: images/train # train images (relative to 'path') 4 images
        val: images/val # val images (relative to 'path') 4 images
        test: # test images (optional)

        # Classes
        names:
          0: person
          1: "no"
          2: traffic light

        # Download script/URL (optional)
        download: https://example.org/coco8.zip
        """;

    private readonly SampleFiles _files = new();

    [Fact]
    public void A_data_set_is_read_as_Ultralytics_lays_it_out()
    {
        WriteDataset();
        using AnnotationReader reader = AnnotationReader.Open(new AnnotationSource(AnnotationFormat.Yolo, _files.At("data.yaml")));
        Assert.Equal(["person", "no", "traffic light"], reader.Labels);
        AnnotatedImage[] images = [.. Enumerable.Range(0, reader.Count).Select(reader.Read)];
        Assert.Equal(["train/a.png", "train/b.png", "val/c.png"], images.Select(image => image.Path));
        Assert.Equal(
            [
                new AnnotatedObject("traffic light", new PixelBox(20, 40, 30, 120)),
                new AnnotatedObject("person", new PixelBox(0, 0, 40, 160)),
            ],
            images[0].Objects);
        Assert.Empty(images[1].Objects);
        Assert.Equal((160, 40), (images[0].Width, images[0].Height));
    }

    [Fact]
    public void A_split_has_its_pictures_alone_named_from_its_own_folder()
    {
        WriteDataset();
        AnnotationSource source = new(AnnotationFormat.Yolo, _files.Folder) { Split = "val" };
        Assert.Equal(["c.png"], SampleFiles.Read(source).Select(image => image.Path));
        Assert.Contains("expected one of train, val", SampleFiles.Failure(source with { Split = "holdout" }), StringComparison.Ordinal);
    }

    [Fact]
    public void Folders_that_Roboflow_writes_one_level_too_high_are_found()
    {
        _files.Write("data.yaml", "train: ../train/images\nval: ../valid/images\nnc: 1\nnames: ['cat']\n");
        _files.WritePicture("train/images/a.png", 10, 10);
        _files.WritePicture("valid/images/b.png", 10, 10);
        _files.Write("train/labels/a.txt", "0 0.5 0.5 1 1");
        AnnotatedImage[] images = SampleFiles.Read(new AnnotationSource(AnnotationFormat.Yolo, _files.Folder));
        Assert.Equal(["train/images/a.png", "valid/images/b.png"], images.Select(image => image.Path));
        Assert.Equal("cat", Assert.Single(images[0].Objects).Label);
    }

    [Fact]
    public void A_split_may_be_a_list_of_pictures()
    {
        WriteDataset();
        _files.Write("coco8/two.txt", "./images/train/b.png\r\n./images/val/c.png\r\n");
        _files.Write("data.yaml", Yaml.Replace("images/train #", "two.txt #", StringComparison.Ordinal));
        AnnotationSource source = new(AnnotationFormat.Yolo, _files.Folder) { Split = "train" };
        Assert.Equal(["images/train/b.png", "images/val/c.png"], SampleFiles.Read(source).Select(image => image.Path));
    }

    [Fact]
    public void A_folder_of_labels_needs_its_classes_and_its_pictures()
    {
        _files.Write("labels/sub/a.txt", "1 0.5 0.5 0.5 0.5\n");
        _files.WritePicture("photos/sub/a.JPG", 8, 4);
        AnnotationSource source = new(AnnotationFormat.Yolo, _files.At("labels")) { Pictures = _files.At("photos") };
        Assert.Contains("neither a data.yaml nor a classes.txt", SampleFiles.Failure(source), StringComparison.Ordinal);
        _files.Write("labels/classes.txt", "\uFEFFcat\r\nbig dog\r\n");
        AnnotatedImage image = Assert.Single(SampleFiles.Read(source));
        Assert.Equal("sub/a.JPG", image.Path);
        Assert.Equal(new AnnotatedObject("big dog", new PixelBox(1, 2, 3, 6)), Assert.Single(image.Objects));
        Assert.Contains("there is no picture called sub/a", SampleFiles.Failure(source with { Pictures = null }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_polygon_of_the_documentation_gives_the_box_around_it()
    {
        const string Lines = "0 0.681 0.485 0.670 0.487 0.676 0.487\n1 0.504 0.000 0.501 0.004 0.498 0.004 0.493 0.010 0.492 0.0104\n";
        AnnotatedImage image = ReadLabels(Lines);
        Assert.Equal(["person", "no"], image.Objects.Select(marked => marked.Label));
        PixelBox box = image.Objects[1].Box;
        Assert.Equal(0.492 * 160, box.X1, 1e-3);
        Assert.Equal(0.0104 * 40, box.Y2, 1e-3);
    }

    [Fact]
    public void A_polygon_is_a_shape_and_a_box_is_none()
    {
        WriteDataset();
        _files.Write("coco8/labels/train/a.txt", "0 0.25 0.25 0.75 0.25 0.5 1\n1 0.5 0.5 0.5 0.5\n");
        AnnotatedImage image = SampleFiles.Read(new AnnotationSource(AnnotationFormat.Yolo, _files.Folder) { WithMasks = true })[0];
        Assert.Equal([40, 10, 120, 10, 80, 40], Assert.Single(image.Objects[0].Mask!.Polygons));
        Assert.Equal((40, 160), (image.Objects[0].Mask!.Runs.Height, image.Objects[0].Mask!.Runs.Width));
        Assert.Null(image.Objects[1].Mask);
    }

    [Fact]
    public void A_score_behind_a_box_or_a_polygon_is_left_alone()
    {
        const string Scored = "1 0.5 0.5 0.5 0.5 0.25\n0 0.25 0.25 0.75 0.25 0.5 1 0.125\n2 0.25 0.25 0.75 0.25 0.75 1 0.25 1 0.125\n";
        IReadOnlyList<AnnotatedObject> objects = ReadLabels(Scored).Objects;
        Assert.Equal([new(10, 40, 30, 120), new(10, 40, 40, 120), new(10, 40, 40, 120)], objects.Select(marked => marked.Box));
        Assert.All(objects, marked => Assert.Null(marked.Score));
        AnnotatedImage shapes = SampleFiles.Read(new AnnotationSource(AnnotationFormat.Yolo, _files.Folder) { WithMasks = true })[0];
        Assert.Equal([0, 1, 1], shapes.Objects.Select(marked => marked.Mask?.Polygons.Count ?? 0));
        Assert.Equal([40, 10, 120, 10, 80, 40], shapes.Objects[1].Mask!.Polygons[0]);
    }

    [Fact]
    public void Numbers_may_be_a_little_over_the_edge() =>
        Assert.Equal(2, ReadLabels("0 1.000001 0.5 -0.000001 1\n0 0 0 1.005 0 1 1.005\n").Objects.Count);

    [Fact]
    public void Line_ends_blanks_and_empty_lines_do_not_matter() =>
        Assert.Equal(2, ReadLabels("\uFEFF  2\t0.5 0.5 0.5 0.25 \r\n\r\n   \r\n0 0.5 0.5 1 1").Objects.Count);

    [Theory]
    [InlineData("3 0.5 0.5 1 1", "line 1: the class is 3; expected the number of one of the 3 names")]
    [InlineData("-1 0.5 0.5 1 1", "the class is -1")]
    [InlineData("0.5 0.5 0.5 1 1", "the class is 0.5")]
    [InlineData("1e30 0.5 0.5 1 1", "the class is")]
    [InlineData("0 0.5 0.5 1 1\n0 0.5 0.5 1", "line 2 has 3 numbers after the class; expected 4 for a box, or at least 3 pairs")]
    [InlineData("0 0.5 0.5 1 1\n0 50 60 20 30", "line 2 has the number 50; expected 0 to 1, pixels being divided by the picture's width")]
    [InlineData("0 0.1 0.1 0.9 0.1 0.9 40", "line 1 has the number 40; expected 0 to 1")]
    [InlineData("0 0.5 0.5 1 1 90", "line 1 has the number 90; expected 0 to 1")]
    [InlineData("0 0.5 -0.5 1 1", "line 1 has the number -0.5; expected 0 to 1")]
    [InlineData("0 0.5 0.5 1 nan", "'nan' is no number")]
    [InlineData("0 0.5 0,5 1 1", "'0,5' is no number")]
    [InlineData("cat 0.5 0.5 1 1", "'cat' is no number")]
    public void What_is_wrong_in_a_line_is_named(string lines, string expected)
    {
        WriteDataset();
        string path = _files.Write("coco8/labels/train/a.txt", lines);
        string message = SampleFiles.Failure(new AnnotationSource(AnnotationFormat.Yolo, _files.Folder));
        Assert.StartsWith(path, message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("train: images/train", "names is missing")]
    [InlineData("names: [cat", "expected a data.yaml")]
    [InlineData("train: x\nnames: {a: cat}", "line 2: a class has the number 'a'; expected a whole number below 1048576.")]
    [InlineData("names: {99999999999: cat}\ntrain: x", "line 1: a class has the number '99999999999'; expected")]
    [InlineData("names: {-1: cat}\ntrain: x", "line 1: a class has the number '-1'; expected")]
    [InlineData("train: x\nnames: 5", "line 2: names is no list; expected a data.yaml that has names, the classes' names as a list or numbered from 0.")]
    [InlineData("names: !<a b> [cat]", "expected a data.yaml")]
    [InlineData("names: !<[> [cat]", "expected a data.yaml")]
    [InlineData("names: [[cat]]", "expected a data.yaml")]
    [InlineData("- names", "expected a data.yaml")]
    [InlineData("", "line 1: expected a data.yaml, YAML that has names, the classes' names as a list or numbered from 0.")]
    [InlineData("names: [cat]", "has no split; expected train, val or test")]
    [InlineData("names: [cat]\ntrain: nowhere", "train is nowhere, which is not in")]
    [InlineData("names: [cat]\ntrain: \"a\\0b\"", "names a folder with a NUL in it")]
    [InlineData("names: [cat]\npath: \"\\0\"\ntrain: x", "names a folder with a NUL in it")]
    [InlineData("a: &a [*a, *a]\nnames: *a", "line 2: names is no list; expected a data.yaml")]
    public void What_is_wrong_in_the_yaml_is_named(string yaml, string expected)
    {
        string path = _files.Write("data.yaml", yaml);
        string message = SampleFiles.Failure(new AnnotationSource(AnnotationFormat.Yolo, path));
        Assert.StartsWith(path, message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nesting_without_end_is_refused()
    {
        string path = _files.Write("data.yaml", "x: " + new string('[', 100_000));
        Assert.StartsWith(path, SampleFiles.Failure(new AnnotationSource(AnnotationFormat.Yolo, path)), StringComparison.Ordinal);
    }

    public void Dispose() => _files.Dispose();

    private AnnotatedImage ReadLabels(string lines)
    {
        WriteDataset();
        _files.Write("coco8/labels/train/a.txt", lines);
        return SampleFiles.Read(new AnnotationSource(AnnotationFormat.Yolo, _files.Folder))[0];
    }

    private void WriteDataset()
    {
        _files.Write("data.yaml", Yaml);
        _files.WritePicture("coco8/images/train/a.png", 160, 40);
        _files.WritePicture("coco8/images/train/b.png", 10, 10);
        _files.WritePicture("coco8/images/val/c.png", 10, 10);
        _files.Write("coco8/labels/train/a.txt", "2 0.5 0.625 0.5 0.25\n0 0.5 0.5 1 1\n");
    }
}
