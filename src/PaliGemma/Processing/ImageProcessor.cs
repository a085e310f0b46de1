using PaliGemma.Imaging;

namespace PaliGemma.Processing;

/// <summary>
/// Squashes a picture to the model's square and normalises it (image_processing_siglip.py): bicubic on bytes, then value / 255 in float64 rounded to float32, then
/// (v - 0.5) / 0.5 in float32.
/// </summary>
/// <param name="imageSize">Side of the square in pixels.</param>
/// <param name="mode">How the picture is resized.</param>
public sealed class ImageProcessor(int imageSize, ResizeMode mode = ResizeMode.Bicubic)
{
    private static readonly float[] Normalized = [.. Enumerable.Range(0, 256).Select(Normalize)];

    /// <summary>The pixels [3, size, size], in -1 … 1.</summary>
    public float[] Process(RgbImage image) => Normalize(Resize(image));

    /// <summary>The picture as a square.</summary>
    public RgbImage Resize(RgbImage image) => mode == ResizeMode.Bicubic
        ? BicubicResampler.Resize(image, imageSize, imageSize)
        : BilinearResampler.Resize(image, imageSize, imageSize, antialias: mode == ResizeMode.BilinearAntialias);

    /// <summary>The pixels [3, size, size] of a picture of the right size, in -1 … 1.</summary>
    /// <exception cref="ArgumentException">The picture is not as large as the model wants it.</exception>
    public float[] Normalize(RgbImage square)
    {
        ArgumentNullException.ThrowIfNull(square);
        ArgumentOutOfRangeException.ThrowIfNotEqual(square.Width, imageSize, nameof(square));
        ArgumentOutOfRangeException.ThrowIfNotEqual(square.Height, imageSize, nameof(square));
        byte[] pixels = square.Pixels;
        int plane = imageSize * imageSize;
        float[] result = new float[3 * plane];
        for (int i = 0; i < plane; i++)
        {
            result[i] = Normalized[pixels[3 * i]];
            result[plane + i] = Normalized[pixels[(3 * i) + 1]];
            result[(2 * plane) + i] = Normalized[pixels[(3 * i) + 2]];
        }
        return result;
    }

    private static float Normalize(int value)
    {
        // The reference's own constant, one rounding away from 1/255.
        float rescaled = (float)(value * 0.00392156862745098);
        return (rescaled - 0.5f) / 0.5f;
    }
}
