using SkiaSharp;

namespace PaliGemma.Imaging;

/// <summary>Pictures as Skia draws on them and writes them.</summary>
internal static class RgbBitmap
{
    /// <summary>An opaque copy of <paramref name="image"/>, which the caller disposes.</summary>
    public static SKBitmap Of(RgbImage image)
    {
        SKBitmap bitmap = new(new SKImageInfo(image.Width, image.Height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        Span<byte> rgba = bitmap.GetPixelSpan();
        for (int i = 0; i < image.Width * image.Height; i++)
        {
            image.Pixels.AsSpan(3 * i, 3).CopyTo(rgba[(4 * i)..]);
            rgba[(4 * i) + 3] = byte.MaxValue;
        }
        return bitmap;
    }

    /// <summary>The picture that <paramref name="bitmap"/> holds.</summary>
    public static RgbImage ToImage(SKBitmap bitmap)
    {
        ReadOnlySpan<byte> rgba = bitmap.GetPixelSpan();
        // Each time a size is asked for is a call of native code.
        (int width, int height) = (bitmap.Width, bitmap.Height);
        byte[] pixels = new byte[checked(width * height * 3)];
        for (int i = 0; i < width * height; i++)
        {
            rgba.Slice(4 * i, 3).CopyTo(pixels.AsSpan(3 * i));
        }
        return new RgbImage(width, height, pixels);
    }
}
