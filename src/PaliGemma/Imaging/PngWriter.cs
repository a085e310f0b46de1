using SkiaSharp;

namespace PaliGemma.Imaging;

/// <summary>Writes pictures as PNG. A file is complete or not there: it is written beside its place and then moved.</summary>
public static class PngWriter
{
    /// <summary>Writes a picture in colour.</summary>
    /// <exception cref="ModelFileException">The file cannot be written.</exception>
    public static void Save(RgbImage image, string path) => Write(Encode(image), path);

    /// <summary>Writes a grey picture, for instance a mask.</summary>
    /// <param name="gray">[height, width], 0 black to 255 white.</param>
    /// <param name="width">In pixels.</param>
    /// <param name="height">In pixels.</param>
    /// <param name="path">The file.</param>
    /// <exception cref="ModelFileException">The file cannot be written.</exception>
    public static void SaveGray(ReadOnlySpan<byte> gray, int width, int height, string path)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(gray.Length, checked(width * height), nameof(gray));
        using SKBitmap bitmap = new(new SKImageInfo(width, height, SKColorType.Gray8, SKAlphaType.Opaque));
        for (int y = 0; y < height; y++)
        {
            gray.Slice(y * width, width).CopyTo(bitmap.GetPixelSpan()[(y * bitmap.RowBytes)..]);
        }
        Write(Encode(bitmap), path);
    }

    /// <summary>
    /// Finds out whether a picture can be written, before the work on it begins: nothing is left of the attempt, and a file that is there
    /// stays as it is.
    /// </summary>
    /// <exception cref="ModelFileException">The file cannot be written.</exception>
    public static void CheckPlace(string path) => new StagedPath(path).Check();

    /// <summary>The bytes of a PNG file.</summary>
    public static byte[] Encode(RgbImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        using SKBitmap bitmap = RgbBitmap.Of(image);
        return Encode(bitmap);
    }

    private static byte[] Encode(SKBitmap bitmap)
    {
        using SKData data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    private static void Write(byte[] bytes, string path) => StagedPath.WriteFile(path, file => File.WriteAllBytes(file, bytes));
}
