using System.Text.Json;
using PaliGemma.Data.Annotations;
using PaliGemma.Tasks;

namespace PaliGemma.Data.Tests.Annotations;

public sealed class AnnotationConversionTests : IDisposable
{
    private static readonly string[] Labels = ["cat", "traffic light", "猫", "it's \"big\" & <small>, really: 100 %", "no", "7", "مرحبا 🎈"];

    private readonly SampleFiles _files = new();

    public static TheoryData<AnnotationFormat, AnnotationFormat> Pairs
    {
        get
        {
            TheoryData<AnnotationFormat, AnnotationFormat> pairs = [];
            foreach (AnnotationFormat from in Enum.GetValues<AnnotationFormat>())
            {
                foreach (AnnotationFormat to in Enum.GetValues<AnnotationFormat>())
                {
                    pairs.Add(from, to);
                }
            }
            return pairs;
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Every_format_becomes_every_other_within_their_steps(AnnotationFormat from, AnnotationFormat to)
    {
        for (int seed = 0; seed < 5; seed++)
        {
            AnnotatedImage[] images = RandomImages(new Random(seed));
            string folder = $"{seed}";
            string file = WriteCoco($"{folder}/start.json", images);
            AnnotationSource start = new(AnnotationFormat.Coco, file) { Pictures = _files.At(folder, "pictures") };
            foreach (AnnotatedImage image in images)
            {
                _files.WritePicture($"{folder}/pictures/{image.Path}", image.Width, image.Height);
            }
            AnnotationSource first = start with { Format = from, Path = _files.At(folder, "first") };
            AnnotationSource second = start with { Format = to, Path = _files.At(folder, "second") };
            ConversionReport report = AnnotationConversion.Run(start, new AnnotationTarget(from, first.Path));
            AssertComplete(report, images, Step(from));
            report = AnnotationConversion.Run(first, new AnnotationTarget(to, second.Path));
            AssertComplete(report, images, Step(to));
            AssertSame(images, SampleFiles.Read(second), Step(from) + Step(to));
        }
    }

    [Fact]
    public void What_is_not_written_is_counted_by_its_reason()
    {
        AnnotatedObject cat = new("cat", new PixelBox(10, 10, 20, 20));
        AnnotatedImage image = new("a.png", 100, 100,
        [
            cat,
            cat with { IsCrowd = true },
            cat with { Box = new PixelBox(10, 10, 10, 20) },
            cat with { Box = new PixelBox(10, 20, 20, 10) },
            cat with { Box = new PixelBox(10, 110, 20, 120) },
            cat with { Box = new PixelBox(10, 10, 20, 10.01f) },
            cat with { Box = new PixelBox(-5, 90, 20, 130) },
            cat with { Label = " \n" },
            cat with { Label = "<loc0001>" },
            cat with { Label = "a<seg001>" },
            cat with { Label = " two\r\n words\t" },
            cat with { Label = "cat;dog" },
        ]);
        AnnotationSource source = new(AnnotationFormat.Coco, WriteCoco("coco.json", [image, image with { Path = "b.png", Objects = [] }]));
        AnnotationTarget target = new(AnnotationFormat.PaliGemma, _files.At("train.jsonl"));
        ConversionReport report = AnnotationConversion.Run(source, target);
        Assert.Equal((2, 1, 4, 1, 4), (report.Images, report.ImagesWithObjects, report.Objects, report.Clipped, report.MostObjects));
        Assert.Equal(new Dictionary<string, int> { ["cat"] = 2, ["two words"] = 1, ["cat,dog"] = 1 }, report.Labels);
        Assert.Equal(
            new Dictionary<SkipReason, int>
            {
                [SkipReason.Crowd] = 1,
                [SkipReason.Degenerate] = 2,
                [SkipReason.Outside] = 1,
                [SkipReason.TooSmall] = 1,
                [SkipReason.Label] = 3,
            },
            report.Skipped);
        Assert.Equal(new Dictionary<string, string> { [" two\r\n words\t"] = "two words", ["cat;dog"] = "cat,dog" }, report.Renamed);
        Assert.Equal((4, 0), (report.RoundTrip.Objects, report.RoundTrip.Lost));
    }

    [Fact]
    public void Coco_keeps_crowds_and_the_order_of_categories()
    {
        AnnotatedObject crowd = new("cat", new PixelBox(10, 10, 20, 20)) { IsCrowd = true };
        string path = WriteCoco("coco.json", [new AnnotatedImage("a.png", 100, 100, [crowd])], "zebra", "cat");
        // The target is the source: it is replaced when its successor is complete.
        AnnotationConversion.Run(new AnnotationSource(AnnotationFormat.Coco, path), new AnnotationTarget(AnnotationFormat.Coco, path));
        using AnnotationReader reader = AnnotationReader.Open(new AnnotationSource(AnnotationFormat.Coco, path));
        Assert.Equal(["zebra", "cat"], reader.Labels);
        Assert.Equal(crowd, Assert.Single(reader.Read(0).Objects));
        Assert.Equal([path], Directory.EnumerateFileSystemEntries(_files.Folder));
    }

    [Theory]
    [InlineData(PromptScope.Image, "detect dog ; cat: dog,cat,dog")]
    [InlineData(PromptScope.Label, "detect dog: dog,dog", "detect cat: cat")]
    [InlineData(PromptScope.All, "detect cat ; dog ; bird: dog,cat,dog", "detect cat ; dog ; bird: ")]
    public void Prompts_ask_for_the_labels_in_a_picture_for_one_or_for_all(PromptScope prompts, params string[] expected)
    {
        PixelBox box = new(1, 2, 50, 50);
        AnnotatedObject[] objects = [new("dog", box), new("cat", box), new("dog", box)];
        AnnotatedImage image = new("a.png", 100, 100, objects);
        AnnotatedImage crowded = image with { Path = "c.png", Objects = [new AnnotatedObject("cat", box) { IsCrowd = true }] };
        string path = WriteCoco("coco.json", [image, image with { Path = "b.png", Objects = [] }, crowded], "cat", "dog", "bird");
        AnnotationTarget target = new(AnnotationFormat.PaliGemma, _files.At("train.jsonl")) { Prompts = prompts };
        AnnotationConversion.Run(new AnnotationSource(AnnotationFormat.Coco, path), target);
        Assert.Equal(expected, File.ReadLines(target.Path).Select(Summary));
    }

    [Fact]
    public void A_line_is_written_to_the_letter()
    {
        AnnotatedObject[] objects = [new("cat", new PixelBox(0, 10, 50, 100)), new("狗", new PixelBox(25, 0, 100, 200))];
        string path = WriteCoco("coco.json", [new AnnotatedImage("sub/a b.png", 200, 100, objects)]);
        AnnotationTarget target = new(AnnotationFormat.PaliGemma, _files.At("train.jsonl"));
        AnnotationConversion.Run(new AnnotationSource(AnnotationFormat.Coco, path), target);
        Assert.Equal(
            """
            {"image":"sub/a b.png","prefix":"detect cat ; 狗","suffix":"<loc0000><loc0051><loc0512><loc0512> cat ; <loc0256><loc0000><loc1023><loc1023> 狗"}

            """,
            File.ReadAllText(target.Path));
    }

    [Theory]
    [InlineData(AnnotationFormat.Yolo)]
    [InlineData(AnnotationFormat.Voc)]
    [InlineData(AnnotationFormat.LabelMe)]
    public void A_folder_with_such_annotations_is_left_as_it_is(AnnotationFormat format)
    {
        AnnotatedObject cat = new("cat", new PixelBox(10, 10, 20, 20));
        AnnotationSource source = new(AnnotationFormat.Coco, WriteCoco("coco.json", [new AnnotatedImage("a.png", 100, 100, [cat])]));
        AnnotationTarget target = new(format, _files.At("out"));
        _files.Write("out/mine.txt", "mine");
        AnnotationConversion.Run(source, target);
        string[] before = Listing();
        Assert.Contains("mine.txt", before);
        ModelFileException error = Assert.Throws<ModelFileException>(() => AnnotationConversion.Run(source, target));
        Assert.Contains("already", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, Listing());
        Assert.Equal(["coco.json", "out"], Directory.EnumerateFileSystemEntries(_files.Folder).Select(Path.GetFileName).Order());

        string[] Listing()
        {
            IEnumerable<string> files = Directory.EnumerateFiles(target.Path, "*", SearchOption.AllDirectories);
            return [.. files.Select(file => Path.GetRelativePath(target.Path, file)).Order()];
        }
    }

    [Theory]
    [InlineData("../a.png", "expected a path inside the folder")]
    [InlineData("x/../../a.png", "expected a path inside the folder")]
    [InlineData("/etc/a.png", "expected a path inside the folder")]
    [InlineData("C:\\\\data\\\\a.png", "expected a path inside the folder")]
    [InlineData("b.jpg", "describes another picture already; expected names that differ before the extension.")]
    [InlineData("b.png", "speaks of the picture b.png in two places")]
    public void Pictures_whose_files_would_lie_elsewhere_or_on_each_other_are_refused(string path, string expected)
    {
        string json = $$"""
            {"images": [{"id": 1, "file_name": "b.png", "width": 9, "height": 9},
                        {"id": 2, "file_name": "{{path}}", "width": 9, "height": 9}],
             "annotations": [], "categories": []}
            """;
        AnnotationSource source = new(AnnotationFormat.Coco, _files.Write("coco.json", json));
        foreach (AnnotationFormat format in new[] { AnnotationFormat.Yolo, AnnotationFormat.Voc, AnnotationFormat.LabelMe })
        {
            AnnotationTarget target = new(format, _files.At("out"));
            ModelFileException error = Assert.Throws<ModelFileException>(() => AnnotationConversion.Run(source, target));
            Assert.StartsWith(source.Path, error.Message, StringComparison.Ordinal);
            Assert.Contains(expected, error.Message, StringComparison.Ordinal);
            Assert.Equal([source.Path], Directory.EnumerateFileSystemEntries(_files.Folder));
        }
    }

    [Fact]
    public void A_picture_with_a_bad_name_is_told_by_file_and_field()
    {
        const string Path = "../../etc/x.png";
        string coco = _files.Write(
            "coco.json",
            $$"""
            {"images": [{"id": 1, "file_name": "{{Path}}", "width": 9, "height": 9}], "annotations": [], "categories": []}
            """);
        string voc = _files.Write(
            "voc/a.xml",
            $"<annotation><filename>{Path}</filename><size><width>9</width><height>9</height></size></annotation>");
        _files.WritePicture("x.png", 9, 9);
        string line = _files.Write("lines/train.jsonl", """{"image": "../x.png", "prefix": "detect cat", "suffix": ""}""");
        Assert.Equal(
            $"{coco}: images[0].file_name is '{Path}'; expected a path inside the folder of pictures.",
            Failure(new AnnotationSource(AnnotationFormat.Coco, coco)));
        Assert.Equal(
            $"{voc}: <filename> is '{Path}'; expected a path inside the folder of pictures.",
            Failure(new AnnotationSource(AnnotationFormat.Voc, _files.At("voc"))));
        Assert.Equal(
            $"{line}, line 1: image is '../x.png'; expected a path inside the folder of pictures.",
            Failure(new AnnotationSource(AnnotationFormat.PaliGemma, line)));

        string Failure(AnnotationSource source) => Assert.Throws<ModelFileException>(
            () => AnnotationConversion.Run(source, new AnnotationTarget(AnnotationFormat.Yolo, _files.At("out")))).Message;
    }

    [Fact]
    public void A_label_that_xml_cannot_hold_is_told_in_our_own_words()
    {
        AnnotatedObject odd = new("a\uFFFF", new PixelBox(10, 10, 20, 20));
        AnnotationSource source = new(AnnotationFormat.Coco, WriteCoco("coco.json", [new AnnotatedImage("a.png", 100, 100, [odd])]));
        AnnotationTarget target = new(AnnotationFormat.Voc, _files.At("out"));
        Assert.Equal(
            $"{source.Path}: images[0].file_name is 'a.png', and the name or a label in the picture has a character that XML cannot hold; "
            + "expected text without such as U+FFFF.",
            Assert.Throws<ModelFileException>(() => AnnotationConversion.Run(source, target)).Message);
    }

    [Fact]
    public void A_source_without_its_annotations_does_not_replace_the_target()
    {
        AnnotationSource source = new(AnnotationFormat.Coco, WriteCoco("coco.json", [new AnnotatedImage("a.png", 100, 100, [])], "cat"));
        File.WriteAllText(source.Path, File.ReadAllText(source.Path).Replace("annotations", "annotation", StringComparison.Ordinal));
        AnnotationTarget target = new(AnnotationFormat.PaliGemma, _files.Write("train.jsonl", "old"));
        Assert.Throws<ModelFileException>(() => AnnotationConversion.Run(source, target));
        Assert.Equal("old", File.ReadAllText(target.Path));
    }

    [Fact]
    public void A_failure_in_the_middle_leaves_the_old_file_and_nothing_else()
    {
        AnnotatedObject cat = new("cat", new PixelBox(10, 10, 20, 20));
        AnnotatedImage[] images = [.. Enumerable.Range(0, 100).Select(i => new AnnotatedImage($"{i}.png", 100, 100, [cat]))];
        string path = WriteCoco("coco.json", images);
        const string Last = "\"bbox\":[10,10,10,10],\"number\":99";
        File.WriteAllText(path, File.ReadAllText(path).Replace(Last, "\"bbox\":[10]", StringComparison.Ordinal));
        AnnotationSource source = new(AnnotationFormat.Coco, path);
        AnnotationTarget target = new(AnnotationFormat.PaliGemma, _files.Write("train.jsonl", "old"));
        ModelFileException error = Assert.Throws<ModelFileException>(() => AnnotationConversion.Run(source, target));
        Assert.Contains("annotations[99].bbox", error.Message, StringComparison.Ordinal);
        Assert.Equal("old", File.ReadAllText(target.Path));
        Assert.Equal(2, Directory.EnumerateFileSystemEntries(_files.Folder).Count());
    }

    [Fact]
    public void It_can_be_cancelled_in_the_middle()
    {
        AnnotatedImage[] images = [.. Enumerable.Range(0, 100).Select(i => new AnnotatedImage($"{i}.png", 100, 100, []))];
        AnnotationSource source = new(AnnotationFormat.Coco, WriteCoco("coco.json", images, "cat"));
        using CancellationTokenSource cancellation = new();
        CancelAt half = new(cancellation, 0.3);
        AnnotationTarget target = new(AnnotationFormat.Yolo, _files.At("out"));
        Assert.ThrowsAny<OperationCanceledException>(() => AnnotationConversion.Run(source, target, half, cancellation.Token));
        Assert.Equal([source.Path], Directory.EnumerateFileSystemEntries(_files.Folder));
    }

    [Fact]
    public void Splits_of_formats_without_any_are_refused()
    {
        AnnotationSource source = new(AnnotationFormat.Coco, WriteCoco("coco.json", [], "cat")) { Split = "train" };
        Assert.Throws<ArgumentException>(() => AnnotationReader.Open(source));
    }

    public void Dispose() => _files.Dispose();

    /// <summary>How far from its place an edge may come back, in pixels of pictures up to 300 pixels wide.</summary>
    private static double Step(AnnotationFormat format) => format switch
    {
        AnnotationFormat.Voc => 0.5,
        AnnotationFormat.PaliGemma => 300 * 0.5 / 1023,
        _ => 0.001,
    } + 2e-4;

    private static void AssertComplete(ConversionReport report, AnnotatedImage[] images, double step)
    {
        Assert.Empty(report.Skipped);
        Assert.Empty(report.Renamed);
        Assert.Equal(images.Sum(image => image.Objects.Count), report.Objects);
        Assert.Equal((report.Objects, 0), (report.RoundTrip.Objects, report.RoundTrip.Lost));
        Assert.InRange(report.RoundTrip.MaxBoxError, report.RoundTrip.MeanBoxError, step);
        Assert.InRange(report.RoundTrip.MeanBoxOverlap, report.RoundTrip.MinBoxOverlap, 1);
    }

    private static void AssertSame(AnnotatedImage[] expected, AnnotatedImage[] actual, double tolerance)
    {
        // Only PaliGemma's lines have nothing to say about a picture without objects.
        foreach (AnnotatedImage image in expected.Where(image => image.Objects.Count > 0))
        {
            AnnotatedImage other = Assert.Single(actual, other => other.Path == image.Path);
            Assert.Equal((image.Width, image.Height), (other.Width, other.Height));
            Assert.Equal(image.Objects.Select(marked => marked.Label), other.Objects.Select(marked => marked.Label));
            foreach ((AnnotatedObject before, AnnotatedObject after) in image.Objects.Zip(other.Objects))
            {
                Assert.Equal(before.Box.Y1, after.Box.Y1, tolerance);
                Assert.Equal(before.Box.X1, after.Box.X1, tolerance);
                Assert.Equal(before.Box.Y2, after.Box.Y2, tolerance);
                Assert.Equal(before.Box.X2, after.Box.X2, tolerance);
            }
        }
    }

    private static AnnotatedImage[] RandomImages(Random random) =>
    [
        .. Enumerable.Range(0, 4).Select(i =>
        {
            (int width, int height) = (random.Next(20, 300), random.Next(20, 300));
            int count = random.Next(i == 0 ? 1 : 0, 6);
            AnnotatedObject[] objects = [.. Enumerable.Range(0, count).Select(_ => RandomObject(random, width, height))];
            return new AnnotatedImage(i % 2 == 0 ? $"{i} é.png" : $"sub.{i}/deep/{i}.png", width, height, objects);
        }),
    ];

    private static AnnotatedObject RandomObject(Random random, int width, int height)
    {
        (float y1, float x1) = (random.NextSingle() * (height - 5), random.NextSingle() * (width - 5));
        PixelBox box = new(y1, x1, y1 + 4 + (random.NextSingle() * (height - y1 - 4)), x1 + 4 + (random.NextSingle() * (width - x1 - 4)));
        return new AnnotatedObject(Labels[random.Next(Labels.Length)], box);
    }

    /// <summary>Prompt and labels of a line.</summary>
    private static string Summary(string line)
    {
        using JsonDocument document = JsonDocument.Parse(line);
        string suffix = document.RootElement.GetProperty("suffix").GetString()!;
        IEnumerable<string> labels = TaskOutputParser.ParseObjects(suffix, 1, 1).Objects.Select(found => found.Label);
        return $"{document.RootElement.GetProperty("prefix").GetString()}: {string.Join(',', labels)}";
    }

    private string WriteCoco(string name, AnnotatedImage[] images, params string[] categories) =>
        _files.Write(name, CocoSample.Json(images, categories));

    private sealed class CancelAt(CancellationTokenSource cancellation, double limit) : IProgress<double>
    {
        public void Report(double value)
        {
            if (value >= limit)
            {
                cancellation.Cancel();
            }
        }
    }
}
