using FsCheck.Xunit;
using PaliGemma.Vision;

namespace PaliGemma.Tests.Vision;

public sealed class PositionTableTests
{
    private const int Width = 3;

    [Property(MaxTest = 100)]
    public void Positions_that_are_linear_in_the_picture_stay_so_and_corners_stay_corners(byte sides)
    {
        int side = 2 + (sides & 15);
        int newSide = 2 + (sides >> 4);
        float[] resampled = PositionTable.Resample(Linear(side), side, newSide, Width);
        Tensors.AssertClose($"{side} to {newSide}", Linear(newSide), resampled, 1e-5);
    }

    [Fact]
    public void A_table_of_the_wanted_size_is_returned_as_it_is()
    {
        float[] table = Linear(4);
        Assert.Same(table, PositionTable.Resample(table, 4, 4, Width));
    }

    [Fact]
    public void Values_between_two_positions_are_their_mean()
    {
        float[] resampled = PositionTable.Resample([1, 3, 5, 11], side: 2, newSide: 3, width: 1);
        Assert.Equal([1, 2, 3, 3, 5, 7, 5, 8, 11], resampled);
    }

    [Fact]
    public void One_position_serves_a_picture_of_any_size()
    {
        Assert.Equal([7, 7, 7, 7], PositionTable.Resample([7], side: 1, newSide: 2, width: 1));
    }

    [Fact]
    public void A_table_of_another_length_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => PositionTable.Resample(new float[5], side: 2, newSide: 3, width: 1));

    /// <summary>Values that grow evenly from 0 to 1 across the picture, and from 0 to 2 down it.</summary>
    private static float[] Linear(int side) =>
    [
        .. Enumerable.Range(0, side * side * Width).Select(i =>
        {
            int position = i / Width;
            return ((position % side) + (2f * (position / side))) / (side - 1) + (i % Width);
        }),
    ];
}
