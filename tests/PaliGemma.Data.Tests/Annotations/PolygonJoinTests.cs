using FsCheck.Xunit;
using PaliGemma.Data.Annotations;
using PaliGemma.Tasks;

namespace PaliGemma.Data.Tests.Annotations;

public class PolygonJoinTests
{
    [Property(MaxTest = 300)]
    public void One_ring_holds_the_pixels_of_any_mask(int seed)
    {
        Random random = new(seed);
        (int height, int width) = (random.Next(1, 14), random.Next(1, 14));
        bool[] pixels = [.. Enumerable.Range(0, height * width).Select(_ => random.Next(3) > 0)];
        pixels[0] = true;
        AssertSame(new RunMask(RunLengthEncoding.FromMask(pixels, height, width)));
    }

    [Property(MaxTest = 300)]
    public void One_ring_holds_the_pixels_of_polygons_that_overlap_or_not(int seed)
    {
        Random random = new(seed);
        double[][] polygons =
        [
            .. Enumerable.Range(0, random.Next(1, 5)).Select(_ =>
            {
                (double x, double y) = (random.Next(0, 20), random.Next(0, 20));
                return (double[])[x, y, x + random.Next(2, 9), y, x + random.Next(2, 9), y + random.Next(2, 9), x, y + random.Next(2, 9)];
            }),
        ];
        PolygonMask mask = new(polygons, 24, 24);
        if (mask.Runs.Area > 0)
        {
            AssertSame(mask);
        }
    }

    [Fact]
    public void Polygons_of_very_many_corners_are_joined_too()
    {
        double[] comb = [.. Enumerable.Range(0, 100_000).SelectMany(i => (double[])[i / 2000.0, i % 2 == 0 ? 5 : 10])];
        double[] other = [.. comb.Select((place, i) => i % 2 == 0 ? place : place + 20)];
        AssertSame(new PolygonMask([[.. comb, 60, 0, 0, 0], [.. other, 60, 40, 0, 40]], 64, 64));
    }

    [Fact]
    public void Of_a_shape_of_dust_the_largest_parts_are_tied()
    {
        // A block, and thousands of single pixels that touch nothing.
        const int Side = 200;
        bool[] pixels = [.. Enumerable.Range(0, Side * Side).Select(i => i / Side < 158 && i / Side % 2 == 0 && i % 2 == 0)];
        for (int i = 0; i < 40; i++)
        {
            pixels.AsSpan((160 + i) * Side, 40).Fill(true);
        }
        RunMask mask = new(RunLengthEncoding.FromMask(pixels, Side, Side));
        RunLengthEncoding filled = MaskPolygon.Fill([.. PolygonJoin.OneRing(mask)], Side, Side);
        Assert.Equal(1600 + 1023, filled.Area);
        Assert.Equal(filled.Area, RunLengthEncoding.Intersection(filled, mask.Runs).Area);
    }

    private static void AssertSame(ObjectMask mask)
    {
        RunLengthEncoding filled = MaskPolygon.Fill([.. PolygonJoin.OneRing(mask)], mask.Runs.Height, mask.Runs.Width);
        Assert.Equal(mask.Runs.ToMask(), filled.ToMask());
    }
}
