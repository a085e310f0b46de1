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

    /// <summary>
    /// The longest side of a picture, that of a JPEG: resizing keeps all rows for a while, which of a picture with few columns are many.
    /// </summary>
    public const int LongestSide = 65_535;

    /// <summary>What names of picture files end with, in lower case.</summary>
    public static IReadOnlyList<string> Extensions { get; } = [".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif"];

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
    /// <param name="mostPixels">The most pixels that are accepted, by the header.</param>
    /// <exception cref="ModelFileException">The bytes are damaged, too large or no picture.</exception>
    public static RgbImage Decode(byte[] bytes, string name, long mostPixels = MostPixels)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        bool wideGreys = PngFile.HasWideGreys(bytes);
        // Skia reads from its own memory and files, never from a managed stream: a damaged file can make it ask for more bytes than an int holds, and an exception
        // inside a native callback ends the process.
        using SKData data = SKData.CreateCopy(wideGreys ? PngFile.SplitWideGreys(bytes) : bytes);
        using SKCodec codec = Checked(SKCodec.Create(data), name, mostPixels);
        int width = codec.Info.Width;
        int height = codec.Info.Height;
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
        using MemoryStream stream = new(bytes, writable: false);
        return Upright(rgba, width, height, Orientation(codec, stream));
    }

    /// <summary>The size in pixels of the upright picture in a file, from the file's header alone.</summary>
    /// <exception cref="ModelFileException">The file is missing, too large or no picture.</exception>
    public static (int Width, int Height) ReadSize(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            using FileStream stream = File.OpenRead(path);
            using SKFileStream header = new(path);
            using SKCodec codec = Checked(SKCodec.Create(header), path, MostPixels);
            (int width, int height) = (codec.Info.Width, codec.Info.Height);
            return IsTransposed(Orientation(codec, stream)) ? (height, width) : (width, height);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ModelFileException($"{path} cannot be read: {error.Message}", error);
        }
    }

    /// <summary>The codec, if its file is a picture of a bearable size.</summary>
    private static SKCodec Checked(SKCodec? codec, string name, long mostPixels)
    {
        if (codec is null)
        {
            throw new ModelFileException($"{name} is not a picture in a known format; expected JPEG, PNG, WebP, BMP or GIF.");
        }
        (int width, int height) = (codec.Info.Width, codec.Info.Height);
        try
        {
            CheckSize(name, width, height, mostPixels);
            return codec;
        }
        catch
        {
            codec.Dispose();
            throw;
        }
    }

    /// <summary>Refuses a picture that is too large to work with.</summary>
    /// <exception cref="ModelFileException">It has no pixel, too many, or too many along a side.</exception>
    internal static void CheckSize(string name, long width, long height, long mostPixels)
    {
        if (width < 1 || height < 1 || width * height > mostPixels)
        {
            throw new ModelFileException($"{name} has {width} x {height} pixels; expected at most {mostPixels}.");
        }
        if (Math.Max(width, height) > LongestSide)
        {
            throw new ModelFileException($"{name} has {width} x {height} pixels; expected at most {LongestSide} along a side.");
        }
    }

    private static SKEncodedOrigin Orientation(SKCodec codec, Stream stream) =>
        codec.EncodedFormat == SKEncodedImageFormat.Png ? PngFile.Orientation(stream) : codec.EncodedOrigin;

    /// <summary>Whether the upright picture's rows are the stored one's columns.</summary>
    private static bool IsTransposed(SKEncodedOrigin origin) =>
        origin is SKEncodedOrigin.LeftTop or SKEncodedOrigin.RightTop or SKEncodedOrigin.RightBottom or SKEncodedOrigin.LeftBottom;

    /// <summary>Drops alpha and moves every pixel to where EXIF's orientation puts it.</summary>
    private static RgbImage Upright(ReadOnlySpan<byte> rgba, int width, int height, SKEncodedOrigin origin)
    {
        bool transposed = IsTransposed(origin);
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
