using System.Buffers.Binary;
using System.IO.Hashing;
using SkiaSharp;

namespace PaliGemma.Imaging;

/// <summary>What Skia's decoder does not give of a PNG file (www.w3.org/TR/png): the lower half of 16-bit greys, and EXIF's orientation.</summary>
internal static class PngFile
{
    private const int SignatureLength = 8;

    // The header is the first chunk: after length and name, width, height, bit depth, colour type.
    private const int HeaderName = SignatureLength + 4;
    private const int BitDepth = HeaderName + 12;
    private const int ColorType = HeaderName + 13;
    private const int HeaderChecksum = HeaderName + 17;
    private const long LongestExif = 1 << 24;
    private const byte Grey = 0;
    private const byte GreyAlpha = 4;

    /// <summary>What every file begins with.</summary>
    public static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>Whether the pixels of a file are greys of 16 bits.</summary>
    public static bool HasWideGreys(ReadOnlySpan<byte> file) =>
        file.Length >= HeaderChecksum + 4 && file.StartsWith(Signature) && file[BitDepth] == 16 && file[ColorType] == Grey;

    /// <summary>
    /// Rewrites the header of a file with 16-bit greys, so that it has the upper byte of each as a grey and the lower one as its alpha: the two
    /// kinds of picture are stored alike, byte for byte.
    /// </summary>
    public static byte[] SplitWideGreys(byte[] file)
    {
        byte[] split = (byte[])file.Clone();
        split[BitDepth] = 8;
        split[ColorType] = GreyAlpha;
        BinaryPrimitives.WriteUInt32BigEndian(split.AsSpan(HeaderChecksum), Crc32.HashToUInt32(split.AsSpan(HeaderName..HeaderChecksum)));
        return split;
    }

    /// <summary>Puts split greys together again, clipped at 255 as the reference clips them; <paramref name="rgba"/> is [pixels, 4].</summary>
    public static void JoinWideGreys(Span<byte> rgba)
    {
        for (; !rgba.IsEmpty; rgba = rgba[4..])
        {
            byte grey = rgba[0] == 0 ? rgba[3] : byte.MaxValue;
            rgba[..3].Fill(grey);
        }
    }

    /// <summary>
    /// The orientation in a file's eXIf chunk; upright where it says nothing that is one. Only the heads of the other chunks are read.
    /// </summary>
    public static SKEncodedOrigin Orientation(Stream file)
    {
        file.Position = SignatureLength;
        // Length and name, then data and checksum.
        Span<byte> head = stackalloc byte[8];
        while (file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) == head.Length)
        {
            long length = BinaryPrimitives.ReadUInt32BigEndian(head);
            bool isExif = head[4..].SequenceEqual("eXIf"u8);
            if (length > (isExif ? LongestExif : file.Length) || length > file.Length - file.Position - 4)
            {
                break;
            }
            if (isExif)
            {
                byte[] exif = new byte[length];
                file.ReadExactly(exif);
                return ExifOrientation(exif);
            }
            file.Position += length + 4;
        }
        return SKEncodedOrigin.TopLeft;
    }

    /// <summary>Reads tag 0x0112 of the first directory of a TIFF structure, as EXIF (CIPA DC-008) has it.</summary>
    private static SKEncodedOrigin ExifOrientation(ReadOnlySpan<byte> tiff)
    {
        bool littleEndian = tiff.StartsWith("II*\0"u8);
        if (tiff.Length < 8 || !(littleEndian || tiff.StartsWith("MM\0*"u8)))
        {
            return SKEncodedOrigin.TopLeft;
        }
        uint offset = littleEndian ? BinaryPrimitives.ReadUInt32LittleEndian(tiff[4..]) : BinaryPrimitives.ReadUInt32BigEndian(tiff[4..]);
        if (offset > tiff.Length - 2)
        {
            return SKEncodedOrigin.TopLeft;
        }
        int count = Short(tiff[(int)offset..]);
        ReadOnlySpan<byte> entries = tiff[((int)offset + 2)..];
        // Tag, type, count, value.
        for (; count > 0 && entries.Length >= 12; count--, entries = entries[12..])
        {
            if (Short(entries) == 0x0112)
            {
                int value = Short(entries[8..]);
                return value is >= 1 and <= 8 ? (SKEncodedOrigin)value : SKEncodedOrigin.TopLeft;
            }
        }
        return SKEncodedOrigin.TopLeft;

        int Short(ReadOnlySpan<byte> at) =>
            littleEndian ? BinaryPrimitives.ReadUInt16LittleEndian(at) : BinaryPrimitives.ReadUInt16BigEndian(at);
    }
}
