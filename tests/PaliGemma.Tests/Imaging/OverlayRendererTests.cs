using PaliGemma.Imaging;
using PaliGemma.Tasks;
using SkiaSharp;

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
        SKColor[] colors = [.. labels.Select(label => new LabelPalette()[label])];
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

    [Theory]
    [MemberData(nameof(Plates))]
    public void A_label_is_painted_in_a_plate_at_its_box_and_changes_nothing_outside_of_it(string label, PixelBox box)
    {
        Assert.SkipWhen(LabelFonts.Find('a', null) is null, "This machine has no font.");
        RgbImage image = Gray(1040, 1040);
        const int Line = 6; // 1040 / 180
        SKColor color = new LabelPalette()[label];
        byte[] before = Outlined(image, OverlayRenderer.Outline(image, box), Line, color);
        RgbImage drawn = OverlayRenderer.Render(image, [Found(label, box)]);

        // The plate has the outline's colour, and so begins where pixels differ.
        List<(int X, int Y)> changed = [];
        for (int i = 0; i < image.Width * image.Height; i++)
        {
            if (!drawn.Pixels.AsSpan(3 * i, 3).SequenceEqual(before.AsSpan(3 * i, 3)))
            {
                changed.Add((i % image.Width, i / image.Width));
            }
        }
        SKRectI plate = new(
            changed.Min(pixel => pixel.X), changed.Min(pixel => pixel.Y), changed.Max(pixel => pixel.X) + 1, changed.Max(pixel => pixel.Y) + 1);
        bool above = plate.Bottom == box.Y1 && plate.Left == box.X1;
        bool inside = plate.Top == box.Y1 + Line && plate.Left == box.X1 + Line && plate.Bottom < box.Y2 && plate.Right < box.X2;
        Assert.True(box.Y1 > 100 ? above : inside, $"{plate}");

        SKColor ink = LabelPalette.TextOn(color);
        int inked = 0;
        for (int y = plate.Top; y < plate.Bottom; y++)
        {
            for (int x = plate.Left; x < plate.Right; x++)
            {
                SKColor pixel = At(drawn, x, y);
                Assert.True(
                    IsBetween(color.Red, pixel.Red, ink.Red) && IsBetween(color.Green, pixel.Green, ink.Green)
                    && IsBetween(color.Blue, pixel.Blue, ink.Blue),
                    $"{x}, {y} has neither the plate's colour nor the text's, nor one between them: {pixel}");
                bool isInk = pixel == ink;
                inked += isInk ? 1 : 0;
                bool isEdge = y == plate.Top || y == plate.Bottom - 1 || x == plate.Right - 1;
                Assert.False(isEdge && isInk, $"Text is cut off at {x}, {y}.");
            }
        }
        Assert.InRange(inked, plate.Width * plate.Height / 50, plate.Width * plate.Height / 2);
        Assert.True(Contrast(color, ink) >= 4.5, $"{ink} on {color}");
    }

    /// <summary>Labels of all colours, at boxes in the middle of the picture and at its upper edge.</summary>
    public static TheoryData<string, PixelBox> Plates()
    {
        TheoryData<string, PixelBox> plates = [];
        HashSet<SKColor> seen = [];
        for (int i = 0; seen.Count < 12; i++)
        {
            // A palette for each: labels together would be given different colours.
            if (seen.Add(new LabelPalette()[$"thing {i}"]))
            {
                plates.Add($"thing {i}", new PixelBox(400, 300, 700, 800));
                plates.Add($"thing {i}", new PixelBox(10, 300, 700, 800));
            }
        }
        return plates;
    }

    private static byte[] Outlined(RgbImage image, SKRectI box, int line, SKColor color)
    {
        byte[] pixels = (byte[])image.Pixels.Clone();
        SKRectI hollow = new(box.Left + line, box.Top + line, box.Right - line, box.Bottom - line);
        for (int y = box.Top; y < box.Bottom; y++)
        {
            for (int x = box.Left; x < box.Right; x++)
            {
                if (!hollow.Contains(x, y))
                {
                    new[] { color.Red, color.Green, color.Blue }.CopyTo(pixels, 3 * ((y * image.Width) + x));
                }
            }
        }
        return pixels;
    }

    private static SKColor At(RgbImage image, int x, int y)
    {
        ReadOnlySpan<byte> pixel = image.Pixels.AsSpan(3 * ((y * image.Width) + x), 3);
        return new SKColor(pixel[0], pixel[1], pixel[2]);
    }

    private static bool IsBetween(byte one, byte value, byte other) => value >= Math.Min(one, other) && value <= Math.Max(one, other);

    /// <summary>The contrast of WCAG 2, from 1 to 21.</summary>
    private static double Contrast(SKColor one, SKColor other)
    {
        double[] luminances = [Luminance(one), Luminance(other)];
        return (luminances.Max() + 0.05) / (luminances.Min() + 0.05);

        static double Luminance(SKColor color) => (0.2126 * Linear(color.Red)) + (0.7152 * Linear(color.Green)) + (0.0722 * Linear(color.Blue));

        static double Linear(byte value) => value <= 10 ? value / 255.0 / 12.92 : Math.Pow(((value / 255.0) + 0.055) / 1.055, 2.4);
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
