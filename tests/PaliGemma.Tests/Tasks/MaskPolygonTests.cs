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
    public void Very_many_crossings_cancel_as_few_do()
    {
        // A comb with a tooth of no width to every place in turn, again and again: all but the frame cancels out.
        double[] comb = [.. Enumerable.Range(0, 40_000).SelectMany(i => (double[])[0, 0, i % 400, 30])];
        RunLengthEncoding filled = MaskPolygon.Fill([.. comb, 0, 0, 20, 0, 20, 20, 0, 20], 40, 400);
        Assert.Equal(MaskPolygon.Fill([0, 0, 20, 0, 20, 20, 0, 20], 40, 400).ToMask(), filled.ToMask());
    }

    [Fact]
    public void A_hole_is_cut_in_from_the_left_and_an_island_in_it_stands_alone()
    {
        const string Picture = ".......|.#####.|.#...#.|.#.#.#.|.#...#.|.#####.";
        bool[] mask = [.. Picture.Where(pixel => pixel != '|').Select(pixel => pixel == '#')];
        Assert.Equal<double[]>(
            [[1, 1, 6, 1, 6, 6, 1, 6, 1, 2, 2, 2, 2, 5, 5, 5, 5, 2, 1, 2], [3, 3, 4, 3, 4, 4, 3, 4]], MaskPolygon.Trace(mask, 6, 7));
    }

    [Fact]
    public void Parts_that_touch_at_a_corner_are_one()
    {
        Assert.Single(MaskPolygon.Trace([true, false, false, true], 2, 2));
        Assert.Equal(2, MaskPolygon.Trace([true, false, true], 1, 3).Count);
    }

    [Fact]
    public void Nothing_has_no_border()
    {
        Assert.Empty(MaskPolygon.Trace(new bool[12], 3, 4));
        Assert.Empty(MaskPolygon.Trace([], 0, 4));
    }

    [Property(MaxTest = 300)]
    public void A_traced_mask_fills_to_itself(bool[] pixels, byte columns)
    {
        (bool[] mask, int height, int width) = RunLengthEncodingTests.Grid([.. pixels, .. pixels, .. pixels], columns);
        AssertFillsToItself(mask, height, width);
    }

    [Fact]
    public void Traced_masks_of_COCO_fill_to_themselves() => Assert.All(CocoMaskGoldens.Cases("masks"), item =>
    {
        (int height, int width) = CocoMaskGoldens.Size(item);
        AssertFillsToItself(CocoMaskGoldens.Mask(item), height, width);
    });

    private static void AssertFillsToItself(bool[] mask, int height, int width)
    {
        RunLengthEncoding nothing = RunLengthEncoding.FromMask(new bool[height * width], height, width);
        RunLengthEncoding[] parts = [.. MaskPolygon.Trace(mask, height, width).Select(polygon => MaskPolygon.Fill(polygon, height, width))];
        Assert.Equal(mask, RunLengthEncoding.Union([nothing, .. parts]).ToMask());
    }
}
