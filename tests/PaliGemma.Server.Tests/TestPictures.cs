using System.Buffers.Binary;
using PaliGemma.Imaging;
using PaliGemma.Tests;

namespace PaliGemma.Server.Tests;

/// <summary>A picture of 320 x 240, as requests bring it, and such as should be refused.</summary>
internal static class TestPictures
{
    public static byte[] Bytes { get; } = File.ReadAllBytes(Goldens.Path("images", "01_rgb_320x240.png"));

    public static RgbImage Image { get; } = ImageFile.Decode(Bytes, "picture");

    public static string Url { get; } = DataUrl(Bytes);

    /// <summary>The header says 50,000 x 50,000.</summary>
    public static byte[] Enormous { get; } = Resized(50_000);

    /// <summary>The header says 4,000 x 4,000, and the data is of 320 x 240.</summary>
    public static byte[] Lying { get; } = Resized(4_000);

    public static string DataUrl(byte[] bytes) => "data:image/png;base64," + Convert.ToBase64String(bytes);

    private static byte[] Resized(int side)
    {
        // Behind the signature and the chunk's length and name; the checksum behind the thirteen bytes of the header is put right.
        byte[] png = [.. Bytes];
        BinaryPrimitives.WriteInt32BigEndian(png.AsSpan(16), side);
        BinaryPrimitives.WriteInt32BigEndian(png.AsSpan(20), side);
        BinaryPrimitives.WriteUInt32BigEndian(png.AsSpan(29), Crc32(png.AsSpan(12, 17)));
        return png;
    }

    private static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
            }
        }
        return ~crc;
    }
}
