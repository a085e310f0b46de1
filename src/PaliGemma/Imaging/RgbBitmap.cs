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
        byte[] pixels = new byte[checked(bitmap.Width * bitmap.Height * 3)];
        for (int i = 0; i < bitmap.Width * bitmap.Height; i++)
        {
            rgba.Slice(4 * i, 3).CopyTo(pixels.AsSpan(3 * i));
        }
        return new RgbImage(bitmap.Width, bitmap.Height, pixels);
    }
}
