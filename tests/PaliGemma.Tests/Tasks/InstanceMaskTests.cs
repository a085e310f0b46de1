using System.Text.Json;
using FsCheck.Xunit;
using PaliGemma.Imaging;
using PaliGemma.Tasks;

namespace PaliGemma.Tests.Tasks;

public class InstanceMaskTests
{
    [Fact]
    public void Masks_are_placed_as_the_evaluator_does()
    {
        using JsonDocument golden = CellMasks.OpenGoldens();
        int compared = 0;
        foreach (JsonElement one in golden.RootElement.GetProperty("cases").EnumerateArray())
        {
            if (!one.TryGetProperty("predicted_area", out JsonElement area))
            {
                continue;
            }
            (int height, int width) = (one.GetProperty("h").GetInt32(), one.GetProperty("w").GetInt32());
            int[] tokens = [.. one.GetProperty("tokens").EnumerateArray().Select(token => token.GetInt32()).Take(20)];
            float[] edges = [.. tokens.Take(4).Select(token => LocationTokens.Decode(token - 256000))];
            float[] decoded = CellMasks.Decode([.. tokens.Skip(4).Select(token => token - 257024)]);
            BoundingBox box = new(edges[0], edges[1], edges[2], edges[3]);
            InstanceMask mask = InstanceMask.Place(decoded, box, width, height, MaskResize.SharpBilinear);
            int[] pixels = [.. one.GetProperty("pixel_box").EnumerateArray().Select(edge => edge.GetInt32())];
            Assert.Equal(pixels, new[] { mask.Y, mask.X, mask.Y + mask.Height, mask.X + mask.Width });
            Assert.Equal(area.GetInt64(), mask.Area);
            bool[] truth = Bits(one.GetProperty("gt_mask").GetString()!, width * height);
            Assert.Equal(one.GetProperty("intersection").GetInt32(), truth.Zip(mask.ToPicture()).Count(pair => pair is (true, true)));
            // The evaluator has no number for two empty masks.
            JsonElement overlap = one.GetProperty("iou");
            Assert.Equal(
                overlap.ValueKind == JsonValueKind.Number ? overlap.GetDouble() : 1,
                mask.IntersectionOverUnion(InstanceMask.FromPicture(truth, width, height)),
                1e-9);
            if (one.TryGetProperty("predicted_mask", out JsonElement predicted))
            {
                // Of the box alone.
                Assert.Equal(Bits(predicted.GetString()!, mask.Width * mask.Height), mask.Coverage.Select(value => value == 255));
            }
            compared++;
        }
        Assert.True(compared > 90, $"{compared} cases");
    }

    [Fact]
    public void Every_edge_is_at_the_pixel_that_arithmetic_in_float64_gives()
    {
        foreach (int length in new[] { 3, 11, 31, 93, 224, 341, 640, 1023, 2046, 4092 })
        {
            for (int index = 1; index < LocationTokens.Count; index++)
            {
                BoundingBox box = new(0, 0, 1, LocationTokens.Decode(index));
                Assert.Equal((int)(index / 1023.0 * length), MaskPlace.Truncated(box, length, 1).Width);
                Assert.Equal((int)Math.Round(index / 1023.0 * length), MaskPlace.Rounded(box, length, 1).Width);
                box = box with { X2 = LocationTokens.Decode(index, LocationScale.Over1024) };
                Assert.Equal((int)Math.Round(index / 1024.0 * length), MaskPlace.Rounded(box, length, 1).Width);
            }
        }
    }

    [Fact]
    public void Soft_masks_are_placed_as_the_demo_Space_does()
    {
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllText(Goldens.Path("expected", "soft-masks", "cases.json")));
        JsonElement masks = golden.RootElement.GetProperty("decoded_256ths");
        JsonElement[] cases = [.. golden.RootElement.GetProperty("cases").EnumerateArray()];
        Assert.NotEmpty(cases);
        Assert.All(cases, one =>
        {
            RgbImage expected = ImageFile.Load(Goldens.Path("expected", "soft-masks", one.GetProperty("picture").GetString()!));
            JsonElement values = masks.GetProperty(one.GetProperty("decoded").GetString()!);
            float[] decoded = [.. values.EnumerateArray().Select(value => value.GetInt32() / 256f)];
            IEnumerable<int> tokens = one.GetProperty("tokens").EnumerateArray().Select(token => token.GetInt32());
            float[] edges = [.. tokens.Select(token => LocationTokens.Decode(token, LocationScale.Over1024))];
            BoundingBox box = new(edges[0], edges[1], edges[2], edges[3]);
            InstanceMask mask = InstanceMask.Place(decoded, box, expected.Width, expected.Height);
            byte[] picture = new byte[expected.Width * expected.Height];
            for (int y = 0; y < mask.Height; y++)
            {
                mask.Coverage.AsSpan(y * mask.Width, mask.Width).CopyTo(picture.AsSpan(((mask.Y + y) * expected.Width) + mask.X));
            }
            Assert.Equal(expected.Pixels.Where((_, i) => i % 3 == 0), picture);
        });
    }

    [Fact]
    public void The_soft_mask_at_64_pixels_is_the_decoded_one_in_bytes()
    {
        float[] decoded = [.. Enumerable.Range(0, 4096).Select(i => (i - 2048) / 1500f)];
        InstanceMask mask = InstanceMask.Place(decoded, new BoundingBox(0.25f, 0.5f, 0.75f, 1), 128, 128);
        Assert.Equal((64, 32, 64, 64), (mask.X, mask.Y, mask.Width, mask.Height));
        Assert.Equal(decoded.Select(value => (byte)(Math.Clamp((value * 0.5f) + 0.5f, 0, 1) * 255)), mask.Coverage);
        Assert.Equal((0, 127, 255), (mask.Coverage[0], mask.Coverage[2048], mask.Coverage[4095]));
    }

    [Theory]
    [InlineData(MaskResize.SoftBicubic)]
    [InlineData(MaskResize.SharpBilinear)]
    public void Boxes_without_a_pixel_have_an_empty_mask(MaskResize resize)
    {
        float[] inside = Enumerable.Repeat(1f, 4096).ToArray();
        BoundingBox[] boxes =
        [
            new(0.5f, 0, 0.5f, 1), new(0, 0.7f, 1, 0.2f), new(0, 0, 0.001f, 1), new(-2, -2, -1, -1), new(0, 0, float.NaN, 1), default,
        ];
        Assert.All(boxes, box =>
        {
            InstanceMask mask = InstanceMask.Place(inside, box, 20, 10, resize);
            Assert.Equal((0L, 0, 0), (mask.Area, mask.Width, mask.Height));
            Assert.DoesNotContain(true, mask.ToPicture());
        });
    }

    [Theory]
    [InlineData(MaskResize.SoftBicubic)]
    [InlineData(MaskResize.SharpBilinear)]
    public void A_full_mask_fills_its_box_and_nothing_else_even_where_the_box_leaves_the_picture(MaskResize resize)
    {
        float[] inside = Enumerable.Repeat(1f, 4096).ToArray();
        InstanceMask mask = InstanceMask.Place(inside, new BoundingBox(0.5f, -7, float.PositiveInfinity, 0.25f), 200, 10, resize);
        Assert.Equal((0, 5, 50, 5), (mask.X, mask.Y, mask.Width, mask.Height));
        Assert.Equal(250, mask.Area);
        Assert.Equal(Enumerable.Range(0, 2000).Select(i => i / 200 >= 5 && i % 200 < 50), mask.ToPicture());
    }

    [Property]
    public bool A_picture_s_mask_is_the_picture_again(bool[] pixels, byte columns)
    {
        int width = (columns % 7) + 1;
        int height = (pixels.Length / width) + 1;
        bool[] picture = new bool[width * height];
        pixels.CopyTo(picture, 0);
        InstanceMask mask = InstanceMask.FromPicture(picture, width, height);
        return mask.ToPicture().SequenceEqual(picture)
            && mask.Area == picture.Count(inside => inside)
            && picture.Select((inside, i) => mask.Contains(i / width, i % width) == inside).All(same => same)
            && mask.IntersectionOverUnion(mask) == 1;
    }

    [Fact]
    public void The_threshold_chooses_what_of_a_soft_mask_counts()
    {
        InstanceMask mask = new(3, 1, 0, 0, 3, 1, [1, 127, 128]);
        Assert.Equal(1, mask.Area);
        Assert.Equal([false, false, true], mask.ToPicture());
        Assert.Equal([true, true, true], mask.ToPicture(insideFrom: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => mask.ToPicture(0));
        Assert.False(mask.Contains(-1, 2) || mask.Contains(0, 3));
    }

    [Fact]
    public void A_box_outside_of_the_picture_or_another_number_of_bytes_is_refused()
    {
        Assert.ThrowsAny<ArgumentException>(() => new InstanceMask(3, 3, 2, 0, 2, 1, new byte[2]));
        Assert.ThrowsAny<ArgumentException>(() => new InstanceMask(3, 3, 0, 0, 2, 2, new byte[3]));
        InstanceMask mask = new(3, 3, 0, 0, 0, 0, []);
        Assert.Throws<ArgumentException>(() => mask.IntersectionOverUnion(new InstanceMask(3, 4, 0, 0, 0, 0, [])));
        Assert.ThrowsAny<ArgumentException>(() => InstanceMask.Place(new float[10], default, 3, 3));
    }

    /// <summary>Pixels row by row, eight to a byte, the first in the highest bit.</summary>
    private static bool[] Bits(string hex, int count)
    {
        byte[] bytes = Convert.FromHexString(hex);
        return [.. Enumerable.Range(0, count).Select(i => (bytes[i / 8] >> (7 - (i % 8)) & 1) != 0)];
    }
}
