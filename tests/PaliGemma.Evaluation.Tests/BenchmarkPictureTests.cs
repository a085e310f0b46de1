using PaliGemma.Imaging;
using PaliGemma.Tasks;

namespace PaliGemma.Evaluation.Tests;

public class BenchmarkPictureTests
{
    [Fact]
    public void A_frame_is_one_red_pixel_wide()
    {
        RgbImage image = new(9, 5, new byte[9 * 5 * 3]);
        RgbImage drawn = BenchmarkPicture.Draw(image, new BoundingBox(0.25f, 0.25f, 1, 0.5f));
        string[] rows =
        [
            .. Enumerable.Range(0, 5).Select(
                y => string.Concat(Enumerable.Range(0, 9).Select(x => drawn.Pixels[3 * ((y * 9) + x)] == 255 ? '#' : '.'))),
        ];
        Assert.Equal([".........", "..###....", "..#.#....", "..#.#....", "..###...."], rows);
        Assert.Equal(0, image.Pixels.Max());
    }

    [Fact]
    public void Frames_beyond_the_picture_and_none_at_all_are_harmless()
    {
        RgbImage image = new(2, 2, new byte[12]);
        Assert.Same(image, BenchmarkPicture.Draw(image, frame: null));
        Assert.Equal(
            image.Pixels,
            BenchmarkPicture.Draw(image, new BoundingBox(float.NegativeInfinity, -9, 9, float.PositiveInfinity)).Pixels);
    }

    [Fact]
    public void A_texts_place_becomes_white()
    {
        RgbImage image = new(20, 10, new byte[600]);
        RgbImage drawn = BenchmarkPicture.Draw(image, [new PictureText(new PixelBox(2, 3, 8, 13), "")]);
        Assert.Equal(60, Enumerable.Range(0, 200).Count(i => drawn.Pixels[3 * i] == 255));
    }
}
