using PaliGemma.Data.Annotations;
using PaliGemma.Imaging;
using PaliGemma.Tasks;

namespace PaliGemma.Data.Tests.Annotations;

public sealed class VocReaderTests : IDisposable
{
    /// <summary>In the form of the development kit's files.</summary>
    private const string Published = """
        <annotation>
          <folder>VOC2012</folder>
          <filename>2007_000032.jpg</filename>
          <source><database>The VOC2007 Database</database><annotation>PASCAL VOC2007</annotation><image>flickr</image></source>
          <size><width>500</width><height>281</height><depth>3</depth></size>
          <segmented>1</segmented>
          <object>
            <name>aeroplane</name><pose>Frontal</pose><truncated>0</truncated><difficult>0</difficult>
            <bndbox><xmin>104</xmin><ymin>78</ymin><xmax>375</xmax><ymax>183</ymax></bndbox>
          </object>
          <object>
            <name>person</name><pose>Rear</pose><truncated>0</truncated><difficult>1</difficult>
            <bndbox><ymin>180</ymin><xmin>195.5</xmin><ymax>281</ymax><xmax>500</xmax></bndbox>
            <part><name>head</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax></bndbox></part>
          </object>
        </annotation>
        """;

    private readonly SampleFiles _files = new();

    [Fact]
    public void Boxes_are_read_as_published_pixels_counted_from_1()
    {
        AnnotatedImage image = Assert.Single(SampleFiles.Read(Source(Published)));
        Assert.Equal(("2007_000032.jpg", 500, 281), (image.Path, image.Width, image.Height));
        Assert.Equal(
            [
                new AnnotatedObject("aeroplane", new PixelBox(77, 103, 183, 375)),
                new AnnotatedObject("person", new PixelBox(179, 194.5f, 281, 500)),
            ],
            image.Objects);
    }

    [Fact]
    public void Shapes_are_pixels_in_the_colours_of_the_palette()
    {
        byte[] rgb = new byte[500 * 281 * 3];
        // The first colours of the development kit's palette, and that of the border.
        new byte[] { 0, 0, 0, 128, 0, 0, 0, 128, 0, 224, 224, 192, 128, 0, 0 }.CopyTo(rgb, 0);
        IReadOnlyList<AnnotatedObject> objects = Assert.Single(SampleFiles.Read(Kit(new RgbImage(500, 281, rgb)))).Objects;
        Assert.Equal([1, 4], Inside(objects[0].Mask!));
        Assert.Equal([2], Inside(objects[1].Mask!));
        rgb[3] = 0;
        rgb[12] = 0;
        Assert.Null(Assert.Single(SampleFiles.Read(Kit(new RgbImage(500, 281, rgb)))).Objects[0].Mask);

        static IEnumerable<int> Inside(ObjectMask mask) =>
            mask.Runs.ToMask().Index().Where(pixel => pixel.Item).Select(pixel => pixel.Index);
    }

    [Fact]
    public void Pictures_of_shapes_of_another_size_or_other_colours_are_refused_and_a_missing_one_is_none()
    {
        byte[] rgb = new byte[500 * 281 * 3];
        rgb[0] = 1;
        Assert.Contains("(1, 0, 0), which is none of", SampleFiles.Failure(Kit(new RgbImage(500, 281, rgb))), StringComparison.Ordinal);
        string message = SampleFiles.Failure(Kit(new RgbImage(1, 1, [0, 0, 0])));
        Assert.Contains("2007_000032.png has 1 x 1 pixels; expected 500 x 281", message, StringComparison.Ordinal);
        AnnotatedImage image = Assert.Single(SampleFiles.Read(Source(Published) with { WithMasks = true }));
        Assert.All(image.Objects, marked => Assert.Null(marked.Mask));
    }

    [Fact]
    public void A_development_kit_is_read_by_its_lists()
    {
        _files.Write("VOC/Annotations/b.xml", Published.Replace("2007_000032", "b", StringComparison.Ordinal));
        _files.Write("VOC/Annotations/a.xml", Published.Replace("2007_000032", "a", StringComparison.Ordinal));
        _files.Write("VOC/ImageSets/Main/val.txt", "b\r\n");
        _files.Write("VOC/ImageSets/Main/person_val.txt", "b -1\na  1\n");
        AnnotationSource source = new(AnnotationFormat.Voc, _files.At("VOC"));
        Assert.Equal(["a.jpg", "b.jpg"], SampleFiles.Read(source).Select(image => image.Path));
        Assert.Equal(["b.jpg"], SampleFiles.Read(source with { Split = "val" }).Select(image => image.Path));
        Assert.Equal(["b.jpg", "a.jpg"], SampleFiles.Read(source with { Split = "person_val" }).Select(image => image.Path));
        Assert.Contains("train.txt", SampleFiles.Failure(source with { Split = "train" }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_cannot_lead_out_of_the_folder()
    {
        _files.Write("VOC/Annotations/a.xml", Published);
        _files.Write("VOC/ImageSets/Main/val.txt", "../../secret\n");
        string message = SampleFiles.Failure(new AnnotationSource(AnnotationFormat.Voc, _files.At("VOC")) { Split = "val" });
        string list = _files.At("VOC", "Annotations", "..", "ImageSets", "Main", "val.txt");
        Assert.Equal($"{list}: a name is '../../secret.xml'; expected a path inside the folder of pictures.", message);
    }

    [Theory]
    [InlineData("<width>500</width><height>281</height>", "<width>0</width><height>0</height>")]
    [InlineData("<size><width>500</width><height>281</height><depth>3</depth></size>", "")]
    public void A_size_that_is_not_told_is_read_from_the_picture(string before, string after)
    {
        _files.WritePicture("VOC/JPEGImages/2007_000032.jpg", 31, 17);
        _files.Write("VOC/Annotations/a.xml", Published.Replace(before, after, StringComparison.Ordinal));
        AnnotatedImage image = Assert.Single(SampleFiles.Read(new AnnotationSource(AnnotationFormat.Voc, _files.At("VOC"))));
        Assert.Equal((31, 17), (image.Width, image.Height));
    }

    [Theory]
    [InlineData("<xmin>104</xmin>", "", "line 9: <bndbox> has no <xmin>; expected one")]
    [InlineData("<xmin>104</xmin>", "<xmin>left</xmin>", "line 9: <xmin> is 'left'; expected a number")]
    [InlineData("<xmin>104</xmin>", "<xmin>INF</xmin>", "<xmin> is 'INF'; expected a number")]
    [InlineData("<name>aeroplane</name>", "", "<object> has no <name>")]
    [InlineData("<filename>2007_000032.jpg</filename>", "", "<annotation> has no <filename>")]
    [InlineData("<width>500</width>", "<width>-5</width>", "<size> says -5 x 281; expected a size in pixels")]
    [InlineData("</annotation>", "", "is not well-formed XML or begins a DTD; expected an <annotation>, and no DTD.")]
    [InlineData("<folder>", "<folder>&undefined;", "line 2 is not well-formed XML or begins a DTD; expected")]
    [InlineData("<annotation>\n", "<!DOCTYPE annotation [<!ENTITY a \"aa\">]><annotation>\n", "is not well-formed XML or begins a DTD; expected an <annotation>, and no DTD.")]
    public void What_is_wrong_is_named(string before, string after, string expected)
    {
        int place = Published.LastIndexOf(before, StringComparison.Ordinal);
        string message = SampleFiles.Failure(Source(Published[..place] + after + Published[(place + before.Length)..]));
        Assert.StartsWith(_files.At("voc", "a.xml"), message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Other_xml_and_folders_without_any_are_refused()
    {
        Assert.Contains("the root is <html>; expected <annotation>", SampleFiles.Failure(Source("<html/>")), StringComparison.Ordinal);
        Directory.CreateDirectory(_files.At("empty"));
        AnnotationSource source = new(AnnotationFormat.Voc, _files.At("empty"));
        Assert.Contains("no .xml file", SampleFiles.Failure(source), StringComparison.Ordinal);
        Assert.Contains("cannot be read", SampleFiles.Failure(source with { Path = _files.At("none") }), StringComparison.Ordinal);
    }

    [Fact]
    public void Nesting_without_end_does_no_harm()
    {
        string deep = string.Concat(Enumerable.Repeat("<a>", 200_000));
        Assert.Contains("more than 64 deep", SampleFiles.Failure(Source(deep)), StringComparison.Ordinal);
    }

    public void Dispose() => _files.Dispose();

    private AnnotationSource Kit(RgbImage shapes)
    {
        _files.Write("kit/Annotations/2007_000032.xml", Published);
        _files.Write("kit/SegmentationObject/2007_000032.png", PngWriter.Encode(shapes));
        return new AnnotationSource(AnnotationFormat.Voc, _files.At("kit")) { WithMasks = true };
    }

    private AnnotationSource Source(string content)
    {
        _files.Write("voc/a.xml", content);
        return new AnnotationSource(AnnotationFormat.Voc, _files.At("voc"));
    }
}
