using FsCheck.Xunit;
using PaliGemma.Tasks;

namespace PaliGemma.Tests.Tasks;

public class BoundingBoxTests
{
    [Fact]
    public void Heights_and_widths_scale_on_their_own()
    {
        PixelBox pixels = new BoundingBox(0.25f, 0.5f, 0.75f, 1).ToPixels(width: 640, height: 400);
        Assert.Equal(new PixelBox(100, 320, 300, 640), pixels);
        Assert.Equal((200f, 320f), (pixels.Height, pixels.Width));
        Assert.Equal(new BoundingBox(0.25f, 0.5f, 0.75f, 1), pixels.ToNormalized(640, 400));
        Assert.Throws<ArgumentOutOfRangeException>(() => pixels.ToNormalized(0, 400));
    }

    [Fact]
    public void Overlap_is_the_shared_part_of_what_either_covers()
    {
        BoundingBox box = new(0, 0, 0.5f, 0.5f);
        Assert.Equal(1, box.IntersectionOverUnion(box));
        Assert.Equal(1f / 3, box.IntersectionOverUnion(new BoundingBox(0, 0.25f, 0.5f, 0.75f)), 1e-6);
        Assert.Equal(0, box.IntersectionOverUnion(new BoundingBox(0.5f, 0.5f, 1, 1)));
    }

    [Fact]
    public void Boxes_without_an_area_overlap_with_themselves_only()
    {
        BoundingBox line = new(0.5f, 0, 0.5f, 1);
        Assert.Equal(1, line.IntersectionOverUnion(line));
        Assert.Equal(0, line.IntersectionOverUnion(line with { X2 = 0.5f }));
    }

    [Property]
    public bool Overlap_is_symmetric_and_a_fraction(byte a, byte b, byte c, byte d, byte e, byte f, byte g, byte h)
    {
        BoundingBox one = new(a / 255f, b / 255f, c / 255f, d / 255f);
        BoundingBox other = new(e / 255f, f / 255f, g / 255f, h / 255f);
        float overlap = one.IntersectionOverUnion(other);
        return overlap == other.IntersectionOverUnion(one) && overlap is >= 0 and <= 1;
    }
}
