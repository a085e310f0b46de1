using System.Runtime.InteropServices;
using BitMiracle.LibTiff.Classic;
using PaliGemma.Imaging;

namespace PaliGemma.Evaluation.Pictures;

/// <summary>
/// Reads TIFF pictures of strips, grey or RGB, uncompressed or with LZW, deflate or PackBits. As the data set's own reader does
/// (big_vision, datasets/rsvqa_lr: tifffile, then NumPy's cast to uint8), samples of more than eight bits are not scaled: whole numbers
/// keep their lowest byte, and fractions are cut off.
/// </summary>
internal static class TiffFile
{
    private const long LongestFile = 1 << 28;

    private static readonly int[] Compressions = [1, 5, 8, 32946, 32773];

    static TiffFile() => Tiff.SetErrorHandler(new Silence());

    /// <summary>What names of such files end with, in lower case.</summary>
    public static IReadOnlyList<string> Extensions { get; } = [".tif", ".tiff"];

    /// <summary>Whether a file is one by its name.</summary>
    public static bool IsNamed(string path) => Extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    /// <summary>Reads a file.</summary>
    /// <exception cref="ModelFileException">It is missing, damaged, too large, or of another kind of TIFF.</exception>
    public static RgbImage Load(string path)
    {
        byte[] bytes;
        try
        {
            long length = new FileInfo(path).Length;
            if (length > LongestFile)
            {
                throw new ModelFileException($"{path} is {length} bytes long; expected a TIFF file of at most {LongestFile}.");
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
    /// <exception cref="ModelFileException">It is damaged, too large, or of another kind of TIFF.</exception>
    public static RgbImage Decode(byte[] bytes, string name)
    {
        TiffDirectory directory = TiffDirectory.Read(bytes, name);
        if (!Compressions.Contains(directory.Compression))
        {
            throw new ModelFileException(
                $"{name} is a TIFF file of compression {directory.Compression}; expected none, LZW, deflate or PackBits.");
        }
        if ((directory.Photometric, directory.Samples) is not ((1, 1) or (2, 3 or 4)))
        {
            throw new ModelFileException(
                $"{name} is a TIFF file of {directory.Samples} samples with meaning {directory.Photometric}; expected grey or RGB.");
        }
        Func<byte[], int, byte> sample = SampleReader(directory, name);
        try
        {
            using MemoryStream stream = new(bytes, writable: false);
            using Tiff tiff = Tiff.ClientOpen(name, "r", stream, new TiffStream())
                ?? throw new ModelFileException($"{name} is a damaged TIFF file: its directory cannot be read.");
            return Read(tiff, directory, sample, name);
        }
        catch (Exception error) when (error is not (ModelFileException or OutOfMemoryException))
        {
            // The decoder meets damage with whatever exception comes of it.
            throw new ModelFileException($"{name} is a damaged TIFF file: {error.Message}", error);
        }
    }

    private static RgbImage Read(Tiff tiff, TiffDirectory directory, Func<byte[], int, byte> sample, string name)
    {
        (int width, int height, int samples) = (directory.Width, directory.Height, directory.Samples);
        int colors = Math.Min(samples, 3);
        int planes = directory.IsPlanar ? colors : 1;
        int perPixel = directory.IsPlanar ? 1 : samples;
        byte[] row = new byte[Math.Max(tiff.ScanlineSize(), (width * perPixel * directory.Bits / 8) + 1)];
        byte[] pixels = new byte[3 * width * height];
        // Compressed strips are read from their beginnings on, so a plane is read to its end before the next.
        for (int plane = 0; plane < planes; plane++)
        {
            for (int y = 0; y < height; y++)
            {
                if (!tiff.ReadScanline(row, y, (short)plane))
                {
                    throw new ModelFileException($"{name} is a damaged TIFF file: row {y} cannot be read.");
                }
                Span<byte> target = pixels.AsSpan(3 * width * y, 3 * width);
                for (int x = 0; x < width; x++)
                {
                    for (int channel = 0; channel < 3; channel++)
                    {
                        int color = colors == 1 ? 0 : channel;
                        if (!directory.IsPlanar || color == plane)
                        {
                            target[(3 * x) + channel] = sample(row, directory.IsPlanar ? x : (x * samples) + color);
                        }
                    }
                }
            }
        }
        return new RgbImage(width, height, pixels);
    }

    /// <summary>Reads a sample by its number in a row.</summary>
    private static Func<byte[], int, byte> SampleReader(TiffDirectory directory, string name) =>
        (directory.SampleFormat, directory.Bits) switch
        {
            (1, 8) => (row, i) => row[i],
            (1, 16) => (row, i) => unchecked((byte)MemoryMarshal.Cast<byte, ushort>(row)[i]),
            (3, 32) => (row, i) => ToByte(MemoryMarshal.Cast<byte, float>(row)[i]),
            (3, 64) => (row, i) => ToByte(MemoryMarshal.Cast<byte, double>(row)[i]),
            _ => throw new ModelFileException(
                $"{name} is a TIFF file of {directory.Bits} bits with format {directory.SampleFormat}; expected whole numbers of 8 or 16 bits, "
                + "or fractions of 32 or 64."),
        };

    private static byte ToByte(double value) => double.IsNaN(value) ? (byte)0 : (byte)Math.Clamp(value, 0, byte.MaxValue);

    /// <summary>What is wrong is told by exceptions; tags of maps, which these pictures have, are nothing to warn of.</summary>
    private sealed class Silence : TiffErrorHandler
    {
        public override void ErrorHandler(Tiff tif, string method, string format, params object[] args)
        {
        }

        public override void ErrorHandlerExt(Tiff tif, object clientData, string method, string format, params object[] args)
        {
        }

        public override void WarningHandler(Tiff tif, string method, string format, params object[] args)
        {
        }

        public override void WarningHandlerExt(Tiff tif, object clientData, string method, string format, params object[] args)
        {
        }
    }
}
