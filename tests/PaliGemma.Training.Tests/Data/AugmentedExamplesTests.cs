using FsCheck.Xunit;
using PaliGemma.Imaging;
using PaliGemma.Tasks;
using PaliGemma.Training.Data;

namespace PaliGemma.Training.Tests.Data;

public class AugmentedExamplesTests
{
    [Property(MaxTest = 200)]
    public void A_box_stays_on_its_object_whatever_is_done_to_the_picture(ulong seed, byte side)
    {
        int size = 40 + (side % 100);
        TrainingExample original = Square(size, "detect square", "{0} square");
        AugmentedExamples examples = new(new Same(original), new Augmentation { Flip = 0.5, SmallestCrop = 0.4, Color = 0.1 }, seed);
        TrainingExample changed = examples.Read(0);
        BoundingBox box = Assert.Single(BoxText.Find(changed.Suffix));
        BoundingBox drawn = WhereWhite(changed.Images[0]);
        Assert.EndsWith(" square", changed.Suffix, StringComparison.Ordinal);
        Assert.Equal(drawn.X1, box.X1, 0.04);
        Assert.Equal(drawn.X2, box.X2, 0.04);
        Assert.Equal(drawn.Y1, box.Y1, 0.04);
        Assert.Equal(drawn.Y2, box.Y2, 0.04);
    }

    [Theory]
    [InlineData("detect the left one", "{0} x")]
    [InlineData("segment x", "{0}<seg000> x")]
    public void What_mirroring_would_make_wrong_is_not_mirrored(string prefix, string suffix)
    {
        TrainingExample original = Square(50, prefix, suffix);
        TrainingExample same = new AugmentedExamples(new Same(original), new Augmentation { Flip = 1 }, seed: 1).Read(0);
        Assert.Equal(original.Suffix, same.Suffix);
        Assert.Equal(original.Images[0].Pixels, same.Images[0].Pixels);
    }

    [Fact]
    public void Every_reading_of_an_example_is_another_picture_and_the_same_place_always_the_same()
    {
        AugmentedExamples examples = new(new Same(Square(60, "detect square", "{0} square")), new Augmentation { SmallestCrop = 0.5 }, seed: 2);
        Assert.Equal(examples.Read(5).Suffix, examples.Read(5).Suffix);
        Assert.True(Enumerable.Range(0, 20).Select(i => examples.Read(i).Suffix).Distinct().Count() > 5);
    }

    /// <summary>A white rectangle left of the middle of a black picture.</summary>
    private static TrainingExample Square(int size, string prefix, string suffix)
    {
        byte[] pixels = new byte[size * size * 3];
        (int top, int left, int bottom, int right) = (size / 4, size / 5, size / 2, size / 3);
        for (int y = top; y < bottom; y++)
        {
            pixels.AsSpan(3 * ((y * size) + left), 3 * (right - left)).Fill(255);
        }
        string box = LocationTokens.Format(new BoundingBox((float)top / size, (float)left / size, (float)bottom / size, (float)right / size));
        return new TrainingExample([new RgbImage(size, size, pixels)], prefix, suffix.Replace("{0}", box, StringComparison.Ordinal));
    }

    private static BoundingBox WhereWhite(RgbImage image)
    {
        int[] white = [.. Enumerable.Range(0, image.Width * image.Height).Where(i => image.Pixels[3 * i] > 128)];
        return new BoundingBox(
            (float)white.Min(i => i / image.Width) / image.Height,
            (float)white.Min(i => i % image.Width) / image.Width,
            (float)(white.Max(i => i / image.Width) + 1) / image.Height,
            (float)(white.Max(i => i % image.Width) + 1) / image.Width);
    }

    private sealed class Same(TrainingExample example) : IExampleSource
    {
        public TrainingExample Read(long index) => example;
    }
}
