using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;

namespace PaliGemma.Imaging;

/// <summary>PNG files (www.w3.org/TR/png) with a palette, which Skia does not write.</summary>
internal static class IndexedPng
{
    private const byte BitDepth = 8;
    private const byte PaletteColor = 3;

    /// <summary>The bytes of a file.</summary>
    /// <param name="pixels">[height, width]: numbers of colours.</param>
    /// <param name="width">In pixels, at least 1.</param>
    /// <param name="height">In pixels, at least 1.</param>
    /// <param name="palette">[colours, 3]: red, green, blue of at most 256 colours.</param>
    public static byte[] Encode(ReadOnlySpan<byte> pixels, int width, int height, ReadOnlySpan<byte> palette)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(pixels.Length, (long)width * height, nameof(pixels));
        Span<byte> header = stackalloc byte[13];
        // Compression, filter and interlace stay 0.
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], height);
        (header[8], header[9]) = (BitDepth, PaletteColor);
        using MemoryStream data = new();
        using (ZLibStream compressed = new(data, CompressionLevel.Optimal, leaveOpen: true))
        {
            for (int y = 0; y < height; y++)
            {
                compressed.WriteByte(0); // The row has no filter.
                compressed.Write(pixels.Slice(y * width, width));
            }
        }
        using MemoryStream file = new();
        file.Write(PngFile.Signature);
        WriteChunk(file, "IHDR"u8, header);
        WriteChunk(file, "PLTE"u8, palette);
        WriteChunk(file, "IDAT"u8, data.GetBuffer().AsSpan(0, (int)data.Length));
        WriteChunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    private static void WriteChunk(MemoryStream file, ReadOnlySpan<byte> name, ReadOnlySpan<byte> content)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, content.Length);
        file.Write(number);
        file.Write(name);
        file.Write(content);
        Crc32 crc = new();
        crc.Append(name);
        crc.Append(content);
        BinaryPrimitives.WriteUInt32BigEndian(number, crc.GetCurrentHashAsUInt32());
        file.Write(number);
    }
}
