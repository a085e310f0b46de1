using FsCheck.Xunit;
using PaliGemma.Tasks;

namespace PaliGemma.Tests.Tasks;

public class LocationTokensTests
{
    [Fact]
    public void Every_location_survives_the_way_to_a_place_and_back()
    {
        for (int i = 0; i < LocationTokens.Count; i++)
        {
            Assert.Equal(i, LocationTokens.Encode(LocationTokens.Decode(i)));
            Assert.True(LocationTokens.TryParse(LocationTokens.Format(i), out int parsed));
            Assert.Equal(i, parsed);
        }
    }

    [Fact]
    public void The_two_scales_agree_at_zero_and_differ_by_a_thousandth_at_the_far_edge()
    {
        Assert.Equal(0, LocationTokens.Decode(0, LocationScale.Over1023));
        Assert.Equal(0, LocationTokens.Decode(0, LocationScale.Over1024));
        Assert.Equal(1, LocationTokens.Decode(1023, LocationScale.Over1023));
        Assert.Equal(1023f / 1024, LocationTokens.Decode(1023, LocationScale.Over1024));
    }

    [Fact]
    public void Places_outside_of_the_picture_are_moved_to_its_edge_and_halves_round_to_even()
    {
        Assert.Equal("<loc0000><loc0000><loc1023><loc1023>", LocationTokens.Format(new BoundingBox(-1, 0, 1, float.PositiveInfinity)));
        Assert.Equal(512, LocationTokens.Encode(0.5f));
        Assert.Throws<ArgumentException>(() => LocationTokens.Encode(float.NaN));
    }

    [Theory]
    [InlineData("<loc0001> and more", true)]
    [InlineData("<loc1024>", false)]
    [InlineData("<loc001>", false)]
    [InlineData("<loc00001>", false)]
    [InlineData("<loc-001>", false)]
    [InlineData("<loc 001>", false)]
    [InlineData("<loc٠٠٠١>", false)]
    [InlineData("<loc12\0\0>", false)]
    [InlineData("<LOC0001>", false)]
    [InlineData(" <loc0001>", false)]
    [InlineData("<loc0001", false)]
    [InlineData("", false)]
    public void Only_the_exact_spelling_is_a_location(string text, bool expected) =>
        Assert.Equal(expected, LocationTokens.TryParse(text, out _));

    [Theory]
    [InlineData("<seg000>", true)]
    [InlineData("<seg127>", true)]
    [InlineData("<seg128>", false)]
    [InlineData("<seg12>", false)]
    [InlineData("<seg+12>", false)]
    [InlineData("<seg7\0\0>", false)]
    public void Only_the_exact_spelling_is_a_code(string text, bool expected) =>
        Assert.Equal(expected, SegmentationTokens.TryParse(text, out _));

    [Property]
    public bool A_place_is_off_by_half_a_step_at_most(byte numerator, byte denominator)
    {
        float place = Math.Min(1f, numerator / (denominator + 1f));
        return Math.Abs(LocationTokens.Decode(LocationTokens.Encode(place)) - place) <= 0.5001f / 1023;
    }
}
