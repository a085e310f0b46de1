using SkiaSharp;

namespace PaliGemma.Imaging;

/// <summary>
/// Picture files: JPEG, PNG, WebP, BMP and GIF (its first frame). Turned upright as EXIF says; alpha is dropped, not composited, and grey and palettes
/// become RGB, all as the reference's <c>convert("RGB")</c> does.
/// </summary>
public static class ImageFile
{
    /// <summary>The most pixels a picture may have, by its header: what Pillow refuses as a decompression bomb.</summary>
    public const long MostPixels = 178_956_970;

    private const long LongestFile = 1L << 30;

    /// <summary>Reads a picture file.</summary>
    /// <exception cref="ModelFileException">The file is missing, damaged, too large or no picture.</exception>
    public static RgbImage Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        byte[] bytes;
        try
        {
            long length = FileLength.Of(path);
            if (length > LongestFile)
            {
                throw new ModelFileException($"{path} is {length} bytes long; expected a picture of at most {LongestFile}.");
            }
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ModelFileException($"{path} cannot be read: {error.Message}", error);
        }
        return Decode(bytes, path);
    }

    /// <summary>Decodes a picture.</summary>
    /// <param name="bytes">The file's content.</param>
    /// <param name="name">The name that errors give it.</param>
    /// <exception cref="ModelFileException">The bytes are damaged, too large or no picture.</exception>
    public static RgbImage Decode(byte[] bytes, string name)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        bool wideGreys = PngFile.HasWideGreys(bytes);
        using MemoryStream stream = new(wideGreys ? PngFile.SplitWideGreys(bytes) : bytes, writable: false);
        using SKCodec codec = SKCodec.Create(stream)
            ?? throw new ModelFileException($"{name} is not a picture in a known format; expected JPEG, PNG, WebP, BMP or GIF.");
        int width = codec.Info.Width;
        int height = codec.Info.Height;
        if ((long)width * height is 0 or > MostPixels)
        {
            throw new ModelFileException($"{name} has {width} x {height} pixels; expected at most {MostPixels}.");
        }
        // Unpremultiplied, because premultiplying and dropping alpha would composite over black. No colour space: pixels as stored.
        SKImageInfo info = new(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul, colorspace: null);
        using SKBitmap bitmap = new();
        if (!bitmap.TryAllocPixels(info))
        {
            throw new ModelFileException($"{name} has {width} x {height} pixels; there is not enough memory for them.");
        }
        SKCodecResult result = codec.GetPixels(info, bitmap.GetPixels());
        if (result != SKCodecResult.Success)
        {
            throw new ModelFileException($"{name} is damaged or cut short ({result}).");
        }
        Span<byte> rgba = bitmap.GetPixelSpan();
        if (wideGreys)
        {
            PngFile.JoinWideGreys(rgba);
        }
        else if (codec.EncodedFormat == SKEncodedImageFormat.Gif)
        {
            GifFile.FillTransparent(bytes, rgba);
        }
        return Upright(rgba, width, height, codec.EncodedFormat == SKEncodedImageFormat.Png ? PngFile.Orientation(bytes) : codec.EncodedOrigin);
    }

    /// <summary>Drops alpha and moves every pixel to where EXIF's orientation puts it.</summary>
    private static RgbImage Upright(ReadOnlySpan<byte> rgba, int width, int height, SKEncodedOrigin origin)
    {
        bool transposed = origin is SKEncodedOrigin.LeftTop or SKEncodedOrigin.RightTop or SKEncodedOrigin.RightBottom or SKEncodedOrigin.LeftBottom;
        // Whether the stored picture's columns and rows run backwards in the upright one.
        bool flippedX = origin is SKEncodedOrigin.TopRight or SKEncodedOrigin.BottomRight or SKEncodedOrigin.RightBottom or SKEncodedOrigin.LeftBottom;
        bool flippedY = origin is SKEncodedOrigin.BottomRight or SKEncodedOrigin.BottomLeft or SKEncodedOrigin.RightTop or SKEncodedOrigin.RightBottom;
        int stride = transposed ? height : width;
        byte[] pixels = new byte[width * height * 3];
        int source = 0;
        for (int y = 0; y < height; y++)
        {
            int row = flippedY ? height - 1 - y : y;
            for (int x = 0; x < width; x++)
            {
                int column = flippedX ? width - 1 - x : x;
                int target = 3 * (transposed ? (column * stride) + row : (row * stride) + column);
                pixels[target] = rgba[source];
                pixels[target + 1] = rgba[source + 1];
                pixels[target + 2] = rgba[source + 2];
                source += 4;
            }
        }
        return transposed ? new RgbImage(height, width, pixels) : new RgbImage(width, height, pixels);
    }
}
