using FsCheck.Xunit;
using PaliGemma.Tasks;

namespace PaliGemma.Tests.Tasks;

public class MaskPolygonTests
{
    [Fact]
    public void Polygons_fill_as_in_COCO() => Assert.All(CocoMaskGoldens.Cases("polygons"), item =>
    {
        (int height, int width) = CocoMaskGoldens.Size(item);
        CocoMaskGoldens.AssertEqual(item, MaskPolygon.Fill(CocoMaskGoldens.Numbers(item.GetProperty("polygon")), height, width));
    });

    [Fact]
    public void Several_polygons_fill_and_merge_as_in_COCO() => Assert.All(CocoMaskGoldens.Cases("multi_polygons"), item =>
    {
        (int height, int width) = CocoMaskGoldens.Size(item);
        RunLengthEncoding[] each = [.. item.GetProperty("polygons").EnumerateArray()
            .Select(polygon => MaskPolygon.Fill(CocoMaskGoldens.Numbers(polygon), height, width))];
        Assert.Equal(
            item.GetProperty("each").EnumerateArray().Select(counts => counts.GetString()),
            each.Select(mask => mask.ToCompressedString()));
        Assert.Equal(item.GetProperty("merged").GetProperty("counts").GetString(), RunLengthEncoding.Union(each).ToCompressedString());
    });

    [Fact]
    public void Boxes_fill_as_in_COCO() => Assert.All(CocoMaskGoldens.Cases("boxes"), item =>
    {
        (int height, int width) = CocoMaskGoldens.Size(item);
        double[] box = CocoMaskGoldens.Numbers(item.GetProperty("box"));
        (double x1, double y1, double x2, double y2) = (box[0], box[1], box[0] + box[2], box[1] + box[3]);
        CocoMaskGoldens.AssertEqual(item, MaskPolygon.Fill([x1, y1, x1, y2, x2, y2, x2, y1], height, width));
    });

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(-1e300)]
    public void Coordinates_that_are_no_place_are_refused(double coordinate) =>
        Assert.Throws<ArgumentException>(() => MaskPolygon.Fill([0, 0, 4, 0, coordinate, 4], 5, 5));

    [Fact]
    public void Bad_sizes_and_too_few_points_are_refused()
    {
        Assert.Throws<ArgumentException>(() => MaskPolygon.Fill([0, 0, 4, 4], 5, 5));
        Assert.Throws<ArgumentException>(() => MaskPolygon.Fill([0, 0, 4, 4, 1, 1, 2], 5, 5));
        Assert.Throws<ArgumentException>(() => MaskPolygon.Fill([0, 0, 4, 4, 1, 0], int.MaxValue, int.MaxValue));
    }

    [Fact]
    public void Far_away_points_cost_nothing() =>
        Assert.Equal(25, MaskPolygon.Fill([-1e8, -1e8, 1e8, -1e8, 1e8, 1e8, -1e8, 1e8], 5, 5).Area);

    [Fact]
    public void A_hole_is_filled()
    {
        bool[] ring = [true, true, true, true, false, true, true, true, true];
        double[] outer = Assert.Single(MaskPolygon.Trace(ring, 3, 3));
        Assert.Equal<double[]>([0, 0, 3, 0, 3, 3, 0, 3], outer);
    }

    [Property]
    public bool A_traced_mask_fills_to_itself_and_its_holes(bool[] pixels, byte columns)
    {
        (bool[] mask, int height, int width) = RunLengthEncodingTests.Grid([.. pixels, .. pixels, .. pixels], columns);
        return Filled(MaskPolygon.Trace(mask, height, width), height, width).SequenceEqual(WithoutHoles(mask, height, width));
    }

    [Fact]
    public void Traced_masks_of_COCO_fill_to_themselves_and_their_holes() => Assert.All(CocoMaskGoldens.Cases("masks"), item =>
    {
        (int height, int width) = CocoMaskGoldens.Size(item);
        bool[] mask = CocoMaskGoldens.Mask(item);
        Assert.Equal(WithoutHoles(mask, height, width), Filled(MaskPolygon.Trace(mask, height, width), height, width));
    });

    private static bool[] Filled(IReadOnlyList<double[]> polygons, int height, int width) => polygons.Count == 0
        ? new bool[height * width]
        : RunLengthEncoding.Union([.. polygons.Select(polygon => MaskPolygon.Fill(polygon, height, width))]).ToMask();

    private static bool[] WithoutHoles(bool[] mask, int height, int width)
    {
        bool[] filled = [.. Enumerable.Repeat(true, mask.Length)];
        Stack<(int X, int Y)> outside = new(Enumerable.Range(0, width).SelectMany(x => Enumerable.Range(0, height).Select(y => (x, y)))
            .Where(at => at.x == 0 || at.y == 0 || at.x == width - 1 || at.y == height - 1));
        while (outside.TryPop(out (int X, int Y) at))
        {
            bool inPicture = at.X >= 0 && at.X < width && at.Y >= 0 && at.Y < height;
            int index = (at.Y * width) + at.X;
            if (inPicture && filled[index] && !mask[index])
            {
                filled[index] = false;
                for (int i = 0; i < 9; i++)
                {
                    outside.Push((at.X + (i % 3) - 1, at.Y + (i / 3) - 1));
                }
            }
        }
        return filled;
    }
}
