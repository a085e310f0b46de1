using PaliGemma.Imaging;
using PaliGemma.Tests.Generation;

namespace PaliGemma.Tests.Imaging;

public class BicubicResamplerTests
{
    public static TheoryData<string, int> Resized
    {
        get
        {
            TheoryData<string, int> data = [];
            foreach (string file in Directory.EnumerateFiles(Goldens.Path("images")).Order(StringComparer.Ordinal))
            {
                data.Add(Path.GetFileName(file), 224);
                data.Add(Path.GetFileName(file), 448);
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Resized))]
    public void Equals_Pillow_to_the_last_bit(string name, int size)
    {
        using GoldenTensors decoded = new("expected", "images", "decoded_u8.safetensors");
        using GoldenTensors resized = new("expected", "images", "resized_u8.safetensors");
        RgbImage result = BicubicResampler.Resize(decoded.Image(name), size, size);
        Assert.Equal(resized.Image($"{name}.{size}").Pixels, result.Pixels);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 3000)]
    [InlineData(3000, 1)]
    [InlineData(2, 5)]
    public void Pictures_of_any_shape_keep_a_constant_colour(int width, int height)
    {
        byte[] pixels = new byte[width * height * 3];
        Array.Fill(pixels, (byte)77);
        RgbImage result = BicubicResampler.Resize(new RgbImage(width, height, pixels), 224, 224);
        Assert.All(result.Pixels, value => Assert.Equal(77, value));
    }

    [Fact]
    public void A_channel_is_resized_alone_as_it_is_among_others()
    {
        using GoldenTensors decoded = new("expected", "images", "decoded_u8.safetensors");
        RgbImage image = decoded.Image("01_rgb_320x240.png");
        byte[] expected = BicubicResampler.Resize(image, 100, 333).Pixels;
        for (int channel = 0; channel < 3; channel++)
        {
            byte[] alone = [.. image.Pixels.Where((_, i) => i % 3 == channel)];
            byte[] resized = BicubicResampler.Resize(alone, 1, image.Width, image.Height, 100, 333);
            Assert.Equal(expected.Where((_, i) => i % 3 == channel), resized);
        }
        byte[] pairs = [.. image.Pixels.Where((_, i) => i % 3 != 2)];
        Assert.Equal(expected.Where((_, i) => i % 3 != 2), BicubicResampler.Resize(pairs, 2, image.Width, image.Height, 100, 333));
    }

    [Fact]
    public void A_picture_of_the_right_size_is_returned_as_it_is()
    {
        RgbImage image = new(2, 1, [1, 2, 3, 4, 5, 6]);
        Assert.Same(image, BicubicResampler.Resize(image, 2, 1));
    }
}
