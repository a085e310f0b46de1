using PaliGemma.Imaging;
using PaliGemma.Tasks;

namespace PaliGemma.Tests.Imaging;

public class OverlayRendererTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(5, 3)]
    [InlineData(64, 48)]
    [InlineData(1000, 40)]
    [InlineData(700, 900)]
    public void Any_box_on_any_picture_is_drawn_inside_it(int width, int height)
    {
        RgbImage image = Gray(width, height);
        foreach (PixelBox box in new PixelBox[]
        {
            new(0, 0, height, width), new(-50, -50, -1, -1), new(height, width, height + 9, width + 9), new(2, 2, 2, 2),
            new(float.NaN, 0, float.PositiveInfinity, 1), new(height, width, 0, 0),
        })
        {
            RgbImage drawn = OverlayRenderer.Render(image, [Found("a label that is far longer than the picture is wide", box)]);
            Assert.Equal((width, height), (drawn.Width, drawn.Height));
            Assert.NotEqual(image.Pixels, drawn.Pixels);
        }
    }

    [Fact]
    public void The_outline_lies_on_the_boxs_edges_and_nowhere_else()
    {
        RgbImage image = Gray(400, 360);
        // No label: nothing but the box.
        RgbImage drawn = OverlayRenderer.Render(image, [new DetectedObject("", default, new PixelBox(100, 50, 200, 250), null, null)]);
        const int Line = 2; // 360 / 180
        for (int y = 0; y < 360; y++)
        {
            for (int x = 0; x < 400; x++)
            {
                bool inside = y is >= 100 and < 200 && x is >= 50 and < 250;
                bool hollow = y is >= 100 + Line and < 200 - Line && x is >= 50 + Line and < 250 - Line;
                bool changed = !drawn.Pixels.AsSpan(3 * ((y * 400) + x), 3).SequenceEqual(image.Pixels.AsSpan(0, 3));
                Assert.True(changed == (inside && !hollow), $"pixel {x}, {y}");
            }
        }
    }

    [Fact]
    public void Boxes_and_masks_look_as_they_did_when_somebody_looked()
    {
        // Labels that no font has: plates depend on the machine, and everything else on the labels alone.
        DetectedObject box = new("\u0003", default, new PixelBox(8, 120, 30, 160), null, null);
        RgbImage drawn =
            OverlayRenderer.Render(Gray(160, 120), [Disc("\u0001", 10, 15, 90, 75), Disc("\u0002", 60, 60, 90, 60), box]);
        Assert.Equal(ImageFile.Load(Goldens.Path("expected", "overlay", "boxes_and_masks.png")).Pixels, drawn.Pixels);
    }

    [Fact]
    public void The_picture_given_is_left_as_it_is_and_no_objects_change_nothing()
    {
        RgbImage image = Gray(50, 50);
        byte[] before = (byte[])image.Pixels.Clone();
        OverlayRenderer.Render(image, [Found("cat", new PixelBox(5, 5, 40, 40))]);
        Assert.Equal(before, image.Pixels);
        Assert.Equal(before, OverlayRenderer.Render(image, []).Pixels);
    }

    [Fact]
    public void Labels_have_one_colour_each_in_every_picture()
    {
        string[] labels = ["cat", "dog", "猫", "a red car", "قط", "person"];
        SkiaSharp.SKColor[] colors = [.. labels.Select(label => new LabelPalette()[label])];
        LabelPalette together = new();
        Assert.Equal(labels.Length, labels.Select(label => together[label]).Distinct().Count());
        Assert.Equal(colors[0], new LabelPalette()[labels[0]]);
        Assert.Equal(together["cat"], together["cat"]);
    }

    [Fact]
    public void A_picture_survives_being_written_and_read()
    {
        using TemporaryFolder folder = new();
        RgbImage image = new(3, 2, [.. Enumerable.Range(0, 18).Select(value => (byte)(value * 14))]);
        string path = folder.File("picture.png");
        PngWriter.Save(image, path);
        PngWriter.Save(image, path);
        Assert.Equal(image.Pixels, ImageFile.Load(path).Pixels);
        PngWriter.SaveGray([0, 90, 255, 7], 2, 2, path);
        Assert.Equal(new byte[] { 0, 0, 0, 90, 90, 90, 255, 255, 255, 7, 7, 7 }, ImageFile.Load(path).Pixels);
        Assert.Single(Directory.GetFiles(folder.FullName));
    }

    [Fact]
    public void A_place_for_a_picture_can_be_tried_without_a_trace()
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("picture.png", [1, 2, 3]);
        PngWriter.CheckPlace(path);
        PngWriter.CheckPlace(folder.File("new.png"));
        Assert.Equal([1, 2, 3], File.ReadAllBytes(Assert.Single(Directory.GetFiles(folder.FullName))));
        Assert.Throws<ModelFileException>(() => PngWriter.CheckPlace(Path.Combine(path, "inside.png")));
    }

    private static DetectedObject Found(string label, PixelBox box) => new(label, default, box, 0.9f, null);

    /// <summary>A box of a picture of 160 x 120, with a disc in it whose edge is soft.</summary>
    private static DetectedObject Disc(string label, int left, int top, int width, int height)
    {
        byte[] coverage = new byte[width * height];
        for (int i = 0; i < coverage.Length; i++)
        {
            (int y, int x) = ((i / width) - (height / 2), (i % width) - (width / 2));
            coverage[i] = (byte)Math.Clamp(500 - (y * y) - (x * x), 0, 255);
        }
        PixelBox box = new(top, left, top + height, left + width);
        return new DetectedObject(label, default, box, null, null, new InstanceMask(160, 120, left, top, width, height, coverage));
    }

    private static RgbImage Gray(int width, int height)
    {
        byte[] pixels = new byte[width * height * 3];
        Array.Fill(pixels, (byte)128);
        return new RgbImage(width, height, pixels);
    }
}
