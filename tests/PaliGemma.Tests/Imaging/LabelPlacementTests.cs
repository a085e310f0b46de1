using FsCheck.Xunit;
using PaliGemma.Imaging;
using SkiaSharp;

namespace PaliGemma.Tests.Imaging;

public class LabelPlacementTests
{
    [Property]
    public void Any_plate_lies_in_the_picture((byte, byte) image, (byte, byte) corner, (byte, byte) size, (byte, byte)[] plates)
    {
        (int imageWidth, int imageHeight) = (image.Item1 + 1, image.Item2 + 1);
        (int left, int top) = (Math.Min(corner.Item1, imageWidth - 1), Math.Min(corner.Item2, imageHeight - 1));
        SKRectI box = new(left, top, Math.Min(left + size.Item1 + 1, imageWidth), Math.Min(top + size.Item2 + 1, imageHeight));
        LabelPlacement placement = new(imageWidth, imageHeight);
        foreach ((byte plateWidth, byte plateHeight) in plates)
        {
            SKRect plate = placement.Place(box, plateWidth + 0.5f, plateHeight + 0.5f, 1);
            Assert.True(SKRect.Create(imageWidth, imageHeight).Contains(plate), $"{plate}");
            Assert.Equal((Math.Min(plateWidth + 1, imageWidth), Math.Min(plateHeight + 1, imageHeight)), (plate.Width, plate.Height));
        }
    }

    [Fact]
    public void Plates_of_one_box_stand_above_it_then_in_it_and_below_it_and_not_on_each_other()
    {
        LabelPlacement placement = new(200, 200);
        SKRectI box = new(50, 50, 150, 150);
        List<SKRect> plates = [];
        for (int i = 0; i < 8; i++)
        {
            SKRect plate = placement.Place(box, 60, 12, 2);
            Assert.DoesNotContain(plates, other => other.IntersectsWith(plate));
            plates.Add(plate);
        }
        Assert.Equal([SKRect.Create(50, 38, 60, 12), SKRect.Create(50, 52, 60, 12), SKRect.Create(50, 150, 60, 12)], plates[..3]);
    }

    [Fact]
    public void A_full_picture_takes_another_plate_where_it_covers_least()
    {
        LabelPlacement placement = new(60, 24);
        SKRectI box = new(0, 0, 60, 24);
        SKRect first = placement.Place(box, 60, 12, 0);
        SKRect second = placement.Place(box, 60, 12, 0);
        Assert.False(first.IntersectsWith(second));
        Assert.Equal(first, placement.Place(box, 60, 12, 0));
    }
}
