using PaliGemma.Data.Annotations;
using PaliGemma.Tasks;

namespace PaliGemma.Data.Tests.Annotations;

public sealed class PrefixSuffixReaderTests : IDisposable
{
    private const string Line = """
        {"image":"a.png","prefix":"detect cat ; dog","suffix":"<loc0000><loc0000><loc1023><loc1023> cat ; <loc0000><loc0000><loc0512><loc0256> dog"}
        """;

    private readonly SampleFiles _files = new();

    public PrefixSuffixReaderTests()
    {
        _files.WritePicture("a.png", 200, 100);
        _files.WritePicture("b.png", 10, 10);
    }

    [Fact]
    public void Boxes_are_in_pixels_of_the_picture()
    {
        AnnotatedImage image = Assert.Single(SampleFiles.Read(Source(Line)));
        Assert.Equal(("a.png", 200, 100), (image.Path, image.Width, image.Height));
        Assert.Equal(["cat", "dog"], image.Objects.Select(marked => marked.Label));
        Assert.Equal(new PixelBox(0, 0, 100, 200), image.Objects[0].Box);
        Assert.Equal(256f / 1023 * 200, image.Objects[1].Box.X2, 1e-3);
        AnnotatedImage other = Assert.Single(SampleFiles.Read(Source(Line) with { Scale = LocationScale.Over1024 }));
        Assert.Equal(new PixelBox(0, 0, 50, 50), other.Objects[1].Box);
    }

    [Fact]
    public void All_lines_about_a_picture_are_read_together_and_others_are_counted()
    {
        string[] lines =
        [
            Line,
            "",
            """{"image": "b.png", "prefix": "detect bird", "suffix": ""}""",
            """{"image": "b.png", "prefix": "caption en", "suffix": "a bird"}""",
            """{"image": "./a.png", "prefix": "detect bird", "suffix": "<loc0000><loc0000><loc0001><loc0001> bird", "extra": 1}""",
        ];
        using AnnotationReader reader = AnnotationReader.Open(Source("\uFEFF" + string.Join("\r\n", lines) + "\r\n"));
        Assert.Equal(2, reader.Count);
        Assert.Equal(["cat", "dog", "bird"], reader.Read(0).Objects.Select(marked => marked.Label));
        Assert.Empty(reader.Read(1).Objects);
        Assert.Equal(1, reader.Skipped[SkipReason.OtherTask]);
    }

    [Theory]
    [InlineData("detect cat", "cat")]
    [InlineData("the cat on the left", "the cat on the left")]
    [InlineData("detect cat ; dog", "")]
    public void An_object_without_a_label_is_the_only_thing_asked_for(string prefix, string expected)
    {
        string line = $$"""{"image": "a.png", "prefix": "{{prefix}}", "suffix": "<loc0000><loc0000><loc0001><loc0001>"}""";
        Assert.Equal(expected, Assert.Single(Assert.Single(SampleFiles.Read(Source(line))).Objects).Label);
    }

    [Fact]
    public void What_does_not_follow_the_grammar_is_told_with_its_line()
    {
        const string Odd =
            """{"image": "a.png", "prefix": "detect cat", "suffix": "<loc0000><loc0001> cat ; <loc0000><loc0000><loc0001><loc0001> cat"}""";
        AnnotatedImage image = Assert.Single(SampleFiles.Read(Source(Line + "\n" + Odd)));
        Assert.Equal(3, image.Objects.Count);
        string place = _files.At("train.jsonl") + ", line 2: ";
        Assert.All(image.Problems, problem => Assert.StartsWith(place, problem, StringComparison.Ordinal));
        Assert.NotEmpty(image.Problems);
    }

    [Theory]
    [InlineData("""{"image": "a.png", "prefix": "detect cat"}""", "line 2: suffix is missing; expected a string")]
    [InlineData("""{"image": 1, "prefix": "detect cat", "suffix": ""}""", "line 2: image is 1; expected a string")]
    [InlineData("""{"image": " ", "prefix": "detect cat", "suffix": ""}""", "line 2: image is \" \"; expected the name of a picture")]
    [InlineData("""{"image": "c.png", "prefix": "detect cat", "suffix": ""}""", "c.png, which is not in the folder")]
    [InlineData("""["image"]""", "line 2 is not a JSON object")]
    [InlineData("""{"image": "a.png" """, "line 2 is not a JSON object")]
    [InlineData("""{} {}""", "line 2 is not a JSON object")]
    public void What_is_wrong_is_named(string line, string expected)
    {
        string message = SampleFiles.Failure(Source(Line + "\n" + line));
        Assert.StartsWith(_files.At("train.jsonl"), message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"image": ?}""", " from its byte 11 on")]
    [InlineData("""{} {}""", " from its byte 4 on")]
    [InlineData("""["image"]""", "")]
    public void A_line_that_is_no_json_is_told_in_our_own_words(string line, string place) => Assert.Equal(
        $"{_files.At("train.jsonl")}, line 2 is not a JSON object in UTF-8{place}; expected one object and nothing after it.",
        SampleFiles.Failure(Source(Line + "\n" + line)));

    public void Dispose() => _files.Dispose();

    private AnnotationSource Source(string content) => new(AnnotationFormat.PaliGemma, _files.Write("train.jsonl", content));
}
