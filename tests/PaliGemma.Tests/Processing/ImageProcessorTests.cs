using PaliGemma.Imaging;
using PaliGemma.Processing;
using PaliGemma.Tests.Generation;

namespace PaliGemma.Tests.Processing;

public class ImageProcessorTests
{
    [Fact]
    public void Pixels_are_the_resized_bytes_in_planes_from_minus_one_to_one()
    {
        using GoldenTensors decoded = new("expected", "images", "decoded_u8.safetensors");
        using GoldenTensors resized = new("expected", "images", "resized_u8.safetensors");
        const string Name = "03_rgba_150x400.png";
        byte[] bytes = resized.Image(Name + ".224").Pixels;
        float[] pixels = new ImageProcessor(224).Process(decoded.Image(Name));
        float[] expected = new float[bytes.Length];
        for (int i = 0; i < bytes.Length; i++)
        {
            // The reference's own steps: a product in float64, rounded to float32, then two operations in float32.
            float rescaled = (float)(bytes[i] * 0.00392156862745098);
            expected[(i % 3 * 224 * 224) + (i / 3)] = (rescaled - 0.5f) / 0.5f;
        }
        Assert.Equal(expected, pixels);
    }

    [Fact]
    public void Black_is_minus_one_and_white_is_one()
    {
        float[] pixels = new ImageProcessor(1).Process(new RgbImage(1, 1, [0, 255, 0]));
        Assert.Equal([-1f, 1f, -1f], pixels);
    }
}
