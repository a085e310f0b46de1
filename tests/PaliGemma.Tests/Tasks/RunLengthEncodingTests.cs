using FsCheck.Xunit;
using PaliGemma.Tasks;

namespace PaliGemma.Tests.Tasks;

public class RunLengthEncodingTests
{
    [Fact]
    public void Masks_encode_and_decode_as_in_COCO() => Assert.All(CocoMaskGoldens.Cases("masks"), item =>
    {
        (int height, int width) = CocoMaskGoldens.Size(item);
        bool[] mask = CocoMaskGoldens.Mask(item);
        RunLengthEncoding encoded = RunLengthEncoding.FromMask(mask, height, width);
        CocoMaskGoldens.AssertEqual(item, encoded);
        Assert.Equal(CocoMaskGoldens.Integers(item.GetProperty("uncompressed")), encoded.Counts.ToArray());
        Assert.Equal(mask, CocoMaskGoldens.Parse(item).ToMask());
    });

    [Property(MaxTest = 300)]
    public void A_mask_in_a_box_is_that_of_the_whole_picture(bool[] pixels, byte columns, (byte, byte, byte, byte) margins)
    {
        (bool[] box, int boxHeight, int boxWidth) = Grid(pixels, columns);
        (int left, int top, int right, int bottom) = (margins.Item1 % 3, margins.Item2 % 3, margins.Item3 % 3, margins.Item4 % 3);
        (int height, int width) = (top + boxHeight + bottom, left + boxWidth + right);
        bool[] whole = new bool[height * width];
        for (int y = 0; y < boxHeight; y++)
        {
            box.AsSpan(y * boxWidth, boxWidth).CopyTo(whole.AsSpan(((top + y) * width) + left));
        }
        Assert.Equal(
            RunLengthEncoding.FromMask(whole, height, width).Counts.ToArray(),
            RunLengthEncoding.FromBox(box, left, top, boxHeight, boxWidth, height, width).Counts.ToArray());
    }

    [Fact]
    public void Runs_of_no_length_are_kept() => Assert.All(CocoMaskGoldens.Cases("uncompressed_rle"), item =>
    {
        (int height, int width) = CocoMaskGoldens.Size(item);
        int[] counts = CocoMaskGoldens.Integers(item.GetProperty("input_counts"));
        CocoMaskGoldens.AssertEqual(item, RunLengthEncoding.FromCounts(counts, height, width));
        Assert.Equal(counts, CocoMaskGoldens.Parse(item).Counts.ToArray());
    });

    [Fact]
    public void Overlaps_equal_COCO() => Assert.All(CocoMaskGoldens.Cases("mask_iou_pairs"), item =>
    {
        (int height, int width) = CocoMaskGoldens.Size(item);
        RunLengthEncoding found = RunLengthEncoding.FromMask(CocoMaskGoldens.Mask(item, "dt"), height, width);
        RunLengthEncoding truth = RunLengthEncoding.FromMask(CocoMaskGoldens.Mask(item, "gt"), height, width);
        Assert.Equal(item.GetProperty("iou").GetDouble(), found.IntersectionOverUnion(truth));
        Assert.Equal(item.GetProperty("iou_crowd").GetDouble(), found.IntersectionOverUnion(truth, isCrowd: true));
    });

    [Fact]
    public void Overlaps_of_lists_equal_COCO_where_the_sizes_agree() => Assert.All(CocoMaskGoldens.Cases("mask_iou_matrices"), item =>
    {
        RunLengthEncoding[] found = [.. item.GetProperty("dt").EnumerateArray().Select(CocoMaskGoldens.Parse)];
        RunLengthEncoding[] truth = [.. item.GetProperty("gt").EnumerateArray().Select(CocoMaskGoldens.Parse)];
        for (int i = 0; i < found.Length; i++)
        {
            for (int j = 0; j < truth.Length; j++)
            {
                if ((found[i].Height, found[i].Width) != (truth[j].Height, truth[j].Width))
                {
                    Assert.Throws<ArgumentException>(() => found[i].IntersectionOverUnion(truth[j]));
                    continue;
                }
                bool isCrowd = item.GetProperty("iscrowd")[j].GetInt32() == 1;
                Assert.Equal(item.GetProperty("iou")[i][j].GetDouble(), found[i].IntersectionOverUnion(truth[j], isCrowd));
            }
        }
    });

    [Fact]
    public void Merged_masks_equal_COCO() => Assert.All(CocoMaskGoldens.Cases("merge"), item =>
    {
        RunLengthEncoding[] masks = [.. item.GetProperty("masks").EnumerateArray().Select(CocoMaskGoldens.Parse)];
        if (item.TryGetProperty("note", out _))
        {
            Assert.Throws<ArgumentException>(() => RunLengthEncoding.Union(masks));
            return;
        }
        RunLengthEncoding union = RunLengthEncoding.Union(masks);
        RunLengthEncoding intersection = RunLengthEncoding.Intersection(masks);
        Assert.Equal(item.GetProperty("union").GetProperty("counts").GetString(), union.ToCompressedString());
        Assert.Equal(item.GetProperty("intersection").GetProperty("counts").GetString(), intersection.ToCompressedString());
        Assert.Equal(item.GetProperty("union_area").GetInt32(), union.Area);
        Assert.Equal(item.GetProperty("intersection_area").GetInt32(), intersection.Area);
    });

    [Theory]
    [InlineData("P")]
    [InlineData("oooooooo")]
    [InlineData("ooooooo0")]
    [InlineData("O")]
    [InlineData("=")]
    [InlineData(";")]
    [InlineData("00000000")]
    [InlineData("<p")]
    [InlineData("< ")]
    [InlineData("")]
    public void Bad_counts_are_refused_in_a_sentence(string counts) =>
        Assert.EndsWith(
            ".", Assert.Throws<ModelFileException>(() => RunLengthEncoding.Parse(counts, 3, 4)).Message, StringComparison.Ordinal);

    [Fact]
    public void Counts_that_do_not_sum_to_the_size_are_refused()
    {
        Assert.Throws<ModelFileException>(() => RunLengthEncoding.FromCounts([6, 5], 3, 4));
        Assert.Throws<ModelFileException>(() => RunLengthEncoding.FromCounts([6, 7], 3, 4));
        Assert.Throws<ModelFileException>(() => RunLengthEncoding.FromCounts([13, -1], 3, 4));
        Assert.Throws<ModelFileException>(() => RunLengthEncoding.FromCounts([int.MaxValue, int.MaxValue, 14], 3, 4));
    }

    [Fact]
    public void Huge_and_negative_sizes_are_refused()
    {
        Assert.Throws<ArgumentException>(() => RunLengthEncoding.Parse("0", int.MaxValue, int.MaxValue));
        Assert.Throws<ArgumentOutOfRangeException>(() => RunLengthEncoding.Parse("0", -1, -1));
    }

    [Property]
    public bool Decoding_gives_back_the_mask(bool[] pixels, byte columns)
    {
        (bool[] mask, int height, int width) = Grid(pixels, columns);
        RunLengthEncoding encoded = RunLengthEncoding.FromMask(mask, height, width);
        RunLengthEncoding parsed = RunLengthEncoding.Parse(encoded.ToCompressedString(), height, width);
        return encoded.ToMask().SequenceEqual(mask) && parsed.Counts.SequenceEqual(encoded.Counts);
    }

    [Property]
    public bool Overlap_is_symmetric((bool, bool)[] pixels, byte columns)
    {
        (bool[] first, int height, int width) = Grid([.. pixels.Select(pixel => pixel.Item1)], columns);
        (bool[] second, _, _) = Grid([.. pixels.Select(pixel => pixel.Item2)], columns);
        RunLengthEncoding one = RunLengthEncoding.FromMask(first, height, width);
        RunLengthEncoding other = RunLengthEncoding.FromMask(second, height, width);
        double overlap = one.IntersectionOverUnion(other);
        return overlap == other.IntersectionOverUnion(one) && overlap is >= 0 and <= 1
            && one.IntersectionOverUnion(one) == (one.Area > 0 ? 1 : 0);
    }

    internal static (bool[] Mask, int Height, int Width) Grid(bool[] pixels, byte columns)
    {
        int width = 1 + (columns % 8);
        int height = pixels.Length / width;
        return (pixels[..(height * width)], height, width);
    }
}
