using System.Text.Json;
using PaliGemma.Data.Annotations;
using PaliGemma.Tasks;
using PaliGemma.Tests;

namespace PaliGemma.Data.Tests.Annotations;

public sealed class MaskConversionTests : IDisposable
{
    private static readonly string Weights = Goldens.Path("expected", "mask-vae", "vae-random.npz");

    private readonly SampleFiles _files = new();
    private readonly MaskEncoder _encoder = MaskEncoder.Load(Weights);
    private readonly MaskDecoder _decoder = MaskDecoder.Load(Weights);

    public static TheoryData<AnnotationFormat, AnnotationFormat> Pairs
    {
        get
        {
            AnnotationFormat[] exact = [AnnotationFormat.Coco, AnnotationFormat.Yolo, AnnotationFormat.Voc, AnnotationFormat.LabelMe];
            return [.. exact.SelectMany(from => exact.Select(to => (from, to)))];
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Shapes_come_through_every_format_but_codes_as_they_were(AnnotationFormat from, AnnotationFormat to)
    {
        for (int seed = 0; seed < 4; seed++)
        {
            AnnotatedImage image = RandomImage(new Random(seed));
            string folder = $"{seed}";
            _files.WritePicture($"{folder}/pictures/{image.Path}", image.Width, image.Height);
            AnnotationSource start = Start(folder, image);
            AnnotationSource first = start with { Format = from, Path = _files.At(folder, "first") };
            AnnotationSource second = start with { Format = to, Path = _files.At(folder, "second") };
            AssertComplete(AnnotationConversion.Run(start, Segment(first)), image);
            AssertComplete(AnnotationConversion.Run(first, Segment(second)), image);
            AnnotatedImage result = Assert.Single(SampleFiles.Read(second with { WithMasks = true }));
            Assert.Equal(image.Objects.Count, result.Objects.Count);
            foreach ((AnnotatedObject before, AnnotatedObject after) in image.Objects.Zip(result.Objects))
            {
                Assert.Equal(before.Label, after.Label);
                Assert.InRange(after.Mask!.Runs.IntersectionOverUnion(before.Mask!.Runs), 0.97, 1);
                Assert.Equal(before.Box.X1, after.Box.X1, 1.6);
                Assert.Equal(before.Box.Y2, after.Box.Y2, 1.6);
            }
        }
    }

    [Fact]
    public void Training_data_has_the_codes_of_what_lies_in_the_box()
    {
        AnnotatedImage image = RandomImage(new Random(5));
        AnnotationTarget target = Segment(At(AnnotationFormat.PaliGemma, "train.jsonl")) with { Prompts = PromptScope.Label };
        ConversionReport report = AnnotationConversion.Run(Start("x", image) with { MaskDecoder = _decoder }, target);
        Assert.Equal(image.Objects.Count, report.RoundTrip.Objects);
        Assert.NotNull(report.RoundTrip.MeanMaskOverlap);
        foreach ((AnnotatedObject marked, string line) in image.Objects.Zip(File.ReadLines(target.Path)))
        {
            BoundingBox box = marked.Box.ToNormalized(image.Width, image.Height);
            int[] codes = _encoder.Encode(marked.Mask!.Runs.ToMask(), image.Width, image.Height, box);
            using JsonDocument document = JsonDocument.Parse(line);
            Assert.Equal($"segment {marked.Label}", document.RootElement.GetProperty("prefix").GetString());
            Assert.Equal(ObjectText.Format(marked.Label, box, codes), document.RootElement.GetProperty("suffix").GetString());
        }
    }

    [Fact]
    public void Codes_become_the_shape_that_the_decoder_gives_them_in_their_box()
    {
        int[] codes = [.. Enumerable.Range(50, 16)];
        BoundingBox box = new(0.25f, 0.125f, 0.75f, 0.875f);
        AnnotationTarget target = Segment(At(AnnotationFormat.Coco, "coco.json"));
        AnnotationConversion.Run(WriteLine(box, codes) with { MaskDecoder = _decoder }, target);
        AnnotatedImage image = Assert.Single(SampleFiles.Read(At(AnnotationFormat.Coco, "coco.json") with { WithMasks = true }));
        DetectedObject found = Assert.Single(TaskOutputParser.ParseObjects(ObjectText.Format("cat", box), 80, 60).Objects);
        InstanceMask expected = InstanceMask.Place(_decoder.Decode(codes), found.Box, 80, 60, MaskResize.SharpBilinear);
        Assert.Equal(expected.ToPicture(), Assert.Single(image.Objects).Mask!.Runs.ToMask());
    }

    [Fact]
    public void Between_files_of_training_data_codes_are_passed_on_without_weights()
    {
        AnnotationSource source = WriteLine(new BoundingBox(0.25f, 0.125f, 0.75f, 0.875f), [.. Enumerable.Range(50, 16)]);
        AnnotationTarget target = new(AnnotationFormat.PaliGemma, _files.At("copy.jsonl")) { Task = AnnotationTask.Segment };
        ConversionReport report = AnnotationConversion.Run(source, target);
        Assert.Equal(1, report.RoundTrip.MinMaskOverlap);
        using JsonDocument before = JsonDocument.Parse(File.ReadAllText(source.Path));
        using JsonDocument after = JsonDocument.Parse(File.ReadAllText(target.Path));
        Assert.Equal(before.RootElement.GetProperty("suffix").GetString(), after.RootElement.GetProperty("suffix").GetString());
    }

    [Theory]
    [InlineData(AnnotationFormat.Coco, AnnotationFormat.PaliGemma)]
    [InlineData(AnnotationFormat.PaliGemma, AnnotationFormat.Coco)]
    public void Without_the_weights_codes_are_not_made_or_read(AnnotationFormat from, AnnotationFormat to)
    {
        AnnotationTarget target = new(to, _files.At("out")) { Task = AnnotationTask.Segment };
        ModelFileException error = Assert.Throws<ModelFileException>(() => AnnotationConversion.Run(At(from, "none"), target));
        Assert.Contains("vae-oid.npz", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Objects_without_a_shape_or_with_an_empty_one_are_counted()
    {
        AnnotatedObject marked = Square("cat", 10, 20);
        AnnotatedObject empty = marked with { Mask = new PolygonMask([[1, 1, 1, 1, 1, 1]], 90, 90) };
        AnnotationSource start = Start("x", new AnnotatedImage("a.png", 90, 90, [marked, marked with { Mask = null }, empty]));
        ConversionReport report = AnnotationConversion.Run(start, Segment(At(AnnotationFormat.LabelMe, "out")));
        Assert.Equal((1, 2), (report.Objects, report.Skipped[SkipReason.NoMask]));
    }

    [Theory]
    [InlineData(AnnotationFormat.Coco)]
    [InlineData(AnnotationFormat.Yolo)]
    [InlineData(AnnotationFormat.LabelMe)]
    public void A_shape_over_the_edge_is_cut_off_there_and_its_box_is_around_what_is_left(AnnotationFormat format)
    {
        const string Over = """
            {"images": [{"id": 1, "file_name": "a.png", "width": 320, "height": 240}], "categories": [{"id": 1, "name": "dog"}],
             "annotations": [{"image_id": 1, "category_id": 1, "bbox": [150, 100, 190, 120],
                              "segmentation": [[150, 100, 330, 110, 340, 220, 180, 200]]}]}
            """;
        _files.WritePicture("pictures/a.png", 320, 240);
        AnnotationSource start = new(AnnotationFormat.Coco, _files.Write("over.json", Over));
        ConversionReport report = AnnotationConversion.Run(start, Segment(At(format, "out")));
        Assert.Equal((1, 1), (report.Objects, report.Clipped));
        Assert.InRange(report.RoundTrip.MaxBoxError, 0, 0.001);
        Assert.InRange(report.RoundTrip.MinMaskOverlap!.Value, 0.999, 1);
        AnnotationSource written = At(format, "out") with { Pictures = _files.At("pictures"), WithMasks = true };
        AnnotatedObject marked = Assert.Single(Assert.Single(SampleFiles.Read(written)).Objects);
        double[] expected = [150, 100, 320, 100 + (170.0 / 18), 320, 217.5, 180, 200];
        double[] corners = Assert.Single(marked.Mask!.Polygons);
        Assert.Equal(expected.Length, corners.Length);
        Assert.All(expected.Zip(corners), pair => Assert.Equal(pair.First, pair.Second, 0.001));
        Assert.Equal(217.5, marked.Box.Y2, 0.001);
        Assert.Equal(320, marked.Box.X2, 0.001);
    }

    [Fact]
    public void A_corner_at_the_end_of_the_world_is_refused_with_its_picture()
    {
        const string Far = """
            {"images": [{"id": 1, "file_name": "a.png", "width": 90, "height": 90}], "categories": [{"id": 1, "name": "cat"}],
             "annotations": [{"image_id": 1, "category_id": 1, "bbox": [0, 0, 9, 9], "segmentation": [[1, 1, 1e30, 1, 1, 9]]}]}
            """;
        AnnotationSource start = new(AnnotationFormat.Coco, _files.Write("far.json", Far));
        AnnotationTarget target = Segment(At(AnnotationFormat.Yolo, "out"));
        ModelFileException error = Assert.Throws<ModelFileException>(() => AnnotationConversion.Run(start, target));
        Assert.Equal(
            $"{start.Path}: a shape in a.png: A polygon has the coordinate {(double)1e30f}; expected -100000000 to 100000000.", error.Message);
        Assert.Equal([start.Path], Directory.EnumerateFileSystemEntries(_files.Folder));
    }

    [Fact]
    public void A_shape_that_would_take_hours_to_fill_is_refused()
    {
        double[] scribble = [.. Enumerable.Range(0, 10_000).SelectMany(i => (double[])[i % 2 * 16_000, i % 16_000])];
        PolygonMask mask = new([scribble], 16_000, 16_000);
        Assert.Contains("cross 160000000 columns", Assert.Throws<ArgumentException>(() => mask.Runs).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_overlapping_shapes_Pascal_VOC_shows_the_smaller_and_no_more_than_254()
    {
        AnnotatedObject small = Square("dog", 10, 20);
        AnnotationTarget target = Segment(At(AnnotationFormat.Voc, "out"));
        AnnotationConversion.Run(Start("x", new AnnotatedImage("a.png", 90, 90, [small, Square("cat", 0, 50)])), target);
        AnnotatedImage image = Assert.Single(SampleFiles.Read(At(AnnotationFormat.Voc, "out") with { WithMasks = true }));
        Assert.Equal([100, 2400], image.Objects.Select(marked => marked.Mask!.Runs.Area));

        AnnotationSource many = Start("y", new AnnotatedImage("a.png", 90, 90, [.. Enumerable.Repeat(small, 255)]));
        ModelFileException error = Assert.Throws<ModelFileException>(() =>
            AnnotationConversion.Run(many, target with { Path = _files.At("many") }));
        Assert.Contains("a.png has 255 objects; Pascal VOC can show 254", error.Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _encoder.Dispose();
        _decoder.Dispose();
        _files.Dispose();
    }

    private static void AssertComplete(ConversionReport report, AnnotatedImage image)
    {
        Assert.Empty(report.Skipped);
        Assert.Equal((image.Objects.Count, 0), (report.RoundTrip.Objects, report.RoundTrip.Lost));
        Assert.InRange(report.RoundTrip.MinMaskOverlap!.Value, 0.97, 1);
        Assert.InRange(report.RoundTrip.MeanMaskOverlap!.Value, report.RoundTrip.MinMaskOverlap.Value, 1);
    }

    private static AnnotatedObject Square(string label, int from, int to) => new(label, new PixelBox(from, from, to, to))
    {
        Mask = new PolygonMask([[from, from, to, from, to, to, from, to]], 90, 90),
    };

    /// <summary>A picture of four fields, with a shape of one or two parts in each.</summary>
    private static AnnotatedImage RandomImage(Random random)
    {
        (int width, int height) = (2 * random.Next(40, 120), 2 * random.Next(40, 120));
        AnnotatedObject[] objects =
        [
            .. Enumerable.Range(0, 4).Select(i =>
            {
                (double left, double top) = (i % 2 * width / 2, i / 2 * height / 2);
                double[][] polygons = i < 2
                    ? [Star(random, left, top, width / 2, height / 2)]
                    : [Star(random, left, top, width / 4, height / 2), Star(random, left + (width / 4), top, width / 4, height / 2)];
                return new AnnotatedObject($"thing {i}", PixelBoxes.Around(polygons.SelectMany(polygon => polygon).ToArray()))
                {
                    Mask = new PolygonMask(polygons, width, height),
                };
            }),
        ];
        return new AnnotatedImage("sub/a.png", width, height, objects);
    }

    /// <summary>Corners around the middle of a field.</summary>
    private static double[] Star(Random random, double left, double top, double width, double height) =>
    [
        .. Enumerable.Range(0, random.Next(8, 12)).SelectMany(i =>
        {
            (double sine, double cosine) = Math.SinCos(i * Math.Tau / 12);
            double radius = 0.3 + (0.18 * random.NextDouble());
            return (double[])
                [Math.Round(left + (width * (0.5 + (radius * cosine))), 2), Math.Round(top + (height * (0.5 + (radius * sine))), 2)];
        }),
    ];

    private AnnotationSource At(AnnotationFormat format, string name) => new(format, _files.At(name));

    private AnnotationTarget Segment(AnnotationSource place) =>
        new(place.Format, place.Path) { Task = AnnotationTask.Segment, MaskEncoder = _encoder };

    private AnnotationSource Start(string folder, AnnotatedImage image)
    {
        string pictures = _files.At(folder, "pictures");
        Directory.CreateDirectory(pictures);
        string file = _files.Write($"{folder}/start.json", CocoSample.Json([image]));
        return new AnnotationSource(AnnotationFormat.Coco, file) { Pictures = pictures };
    }

    private AnnotationSource WriteLine(BoundingBox box, int[] codes)
    {
        _files.WritePicture("a.png", 80, 60);
        string suffix = ObjectText.Format("cat", box, codes);
        string line = $$"""{"image": "a.png", "prefix": "segment cat", "suffix": "{{suffix}}"}""";
        return new AnnotationSource(AnnotationFormat.PaliGemma, _files.Write("train.jsonl", line));
    }
}
