using PaliGemma.Tasks;

namespace PaliGemma.Tests.Tasks;

public class ObjectTextTests
{
    private static readonly BoundingBox Box = new(0, 0.5f, 1, 1);

    [Fact]
    public void An_object_is_written_as_in_the_training_data()
    {
        int[] codes = [.. Enumerable.Range(0, 16)];
        Assert.Equal("<loc0000><loc0512><loc1023><loc1023> cat", ObjectText.Format("cat", Box));
        Assert.Equal("<loc0000><loc0512><loc1023><loc1023>", ObjectText.Format("", Box));
        string mask = SegmentationTokens.Format(codes);
        Assert.Equal($"<loc0000><loc0512><loc1023><loc1023>{mask} cat", ObjectText.Format("cat", Box, codes));
        Assert.Throws<ArgumentException>(() => ObjectText.Format("cat", Box, [1, 2]));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" cat")]
    [InlineData("cat ")]
    [InlineData(";cat")]
    [InlineData("cat ;")]
    [InlineData("a<loc0000>b")]
    [InlineData("a<seg000>b")]
    public void A_label_that_could_not_be_read_back_is_refused(string label) =>
        Assert.Throws<ArgumentException>(() => ObjectText.CheckLabel(label));

    [Theory]
    [InlineData("", true)]
    [InlineData("<loc0000><loc0000><loc0001><loc0001> cat", true)]
    [InlineData("<loc0000><loc0000><loc0001><loc0001> cat ; <loc0000><loc0000><loc0001><loc0001>", true)]
    [InlineData("<loc0000><loc0000><loc0001><loc0001>cat", false)]
    [InlineData("<loc0000><loc0000><loc0001><loc0001> cat; <loc0000><loc0000><loc0001><loc0001>", false)]
    [InlineData("<loc0001><loc0000><loc0000><loc0001> cat", false)]
    [InlineData("<loc0000><loc0000><loc0001> cat", false)]
    [InlineData("none", false)]
    public void Only_what_is_written_to_the_letter_is_well_formed(string text, bool expected) =>
        Assert.Equal(expected, ObjectText.IsWellFormed(text));
}
