using System.Buffers.Binary;

namespace PaliGemma.Evaluation.Pictures;

/// <summary>
/// What the first directory of a TIFF file says (TIFF 6.0, section 2), as far as it has to be looked at before a decoder trusts it: every
/// list and every strip lies in the file, and the picture is no larger than a file of its length can hold.
/// </summary>
/// <param name="Width">In pixels.</param>
/// <param name="Height">In pixels.</param>
/// <param name="Bits">Of each sample.</param>
/// <param name="Samples">Of each pixel.</param>
/// <param name="Compression">1 none, 5 LZW, 8 and 32946 deflate, 32773 PackBits.</param>
/// <param name="Photometric">1 grey, 2 RGB.</param>
/// <param name="IsPlanar">Whether each colour is stored by itself.</param>
/// <param name="SampleFormat">1 unsigned, 2 signed, 3 floating point.</param>
internal sealed record TiffDirectory(
    int Width, int Height, int Bits, int Samples, int Compression, int Photometric, bool IsPlanar, int SampleFormat)
{
    private const ushort WidthTag = 256, HeightTag = 257, BitsTag = 258, CompressionTag = 259, PhotometricTag = 262;
    private const ushort StripOffsetsTag = 273, SamplesTag = 277, RowsPerStripTag = 278, StripLengthsTag = 279, PlanarTag = 284;
    private const ushort TileWidthTag = 322, SampleFormatTag = 339;
    private const int HeaderLength = 8, EntryLength = 12, InlineLength = 4;

    /// <summary>Deflate makes of one byte at most so many.</summary>
    private const long DensestCompression = 1032;

    /// <summary>Bytes of a value of each type, from type 1 on.</summary>
    private static readonly int[] TypeLengths = [1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4];

    /// <summary>Reads the directory.</summary>
    /// <exception cref="ModelFileException">It is damaged or promises more than the file has.</exception>
    public static TiffDirectory Read(ReadOnlySpan<byte> file, string name)
    {
        bool isLittle = file.StartsWith("II*\0"u8);
        if (file.Length < HeaderLength || !(isLittle || file.StartsWith("MM\0*"u8)))
        {
            throw new ModelFileException($"{name} is no TIFF file; expected one that begins with II or MM and 42.");
        }
        long start = Integer(file[4..], 4, isLittle);
        if (start < HeaderLength || start + 2 > file.Length)
        {
            throw Damaged(name, "its directory lies outside of it");
        }
        int count = (int)Integer(file[(int)start..], 2, isLittle);
        if (start + 2 + ((long)count * EntryLength) > file.Length)
        {
            throw Damaged(name, "its directory ends outside of it");
        }
        Dictionary<int, long[]> fields = [];
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> entry = file.Slice((int)start + 2 + (i * EntryLength), EntryLength);
            int tag = (int)Integer(entry, 2, isLittle);
            fields[tag] = ReadValues(file, entry, isLittle, tag, name);
        }
        return Check(fields, file.Length, name);
    }

    private static TiffDirectory Check(Dictionary<int, long[]> fields, long length, string name)
    {
        long[] bits = fields.GetValueOrDefault(BitsTag) ?? [1];
        long[] formats = fields.GetValueOrDefault(SampleFormatTag) ?? [1];
        if (bits.Distinct().Count() != 1 || formats.Distinct().Count() != 1)
        {
            throw Damaged(name, "its samples are of several kinds");
        }
        if (fields.ContainsKey(TileWidthTag))
        {
            throw new ModelFileException($"{name} is a TIFF file of tiles; expected strips.");
        }
        (long width, long height, long samples) = (First(WidthTag, 0), First(HeightTag, 0), First(SamplesTag, 1));
        if (width is < 1 or > int.MaxValue || height is < 1 or > int.MaxValue || samples is < 1 or > 4 || bits[0] is < 1 or > 64)
        {
            throw Damaged(name, $"it has {width} x {height} pixels of {samples} samples of {bits[0]} bits");
        }
        Imaging.ImageFile.CheckSize(name, width, height, Imaging.ImageFile.MostPixels);
        if (width * height * samples * bits[0] / 8 > length * DensestCompression)
        {
            throw Damaged(name, $"{length} bytes cannot hold {width} x {height} pixels");
        }
        bool isPlanar = First(PlanarTag, 1) == 2;
        long rowsPerStrip = Math.Clamp(First(RowsPerStripTag, height), 1, height);
        long strips = (height + rowsPerStrip - 1) / rowsPerStrip * (isPlanar ? samples : 1);
        long[] offsets = fields.GetValueOrDefault(StripOffsetsTag) ?? [];
        long[] lengths = fields.GetValueOrDefault(StripLengthsTag) ?? [];
        if (offsets.Length != strips || lengths.Length != strips)
        {
            throw Damaged(name, $"it has {offsets.Length} places and {lengths.Length} lengths of {strips} strips");
        }
        if (offsets.Zip(lengths, (at, size) => at + size).Any(end => end > length))
        {
            throw Damaged(name, "a strip lies outside of it");
        }
        return new TiffDirectory(
            (int)width, (int)height, (int)bits[0], (int)samples, (int)First(CompressionTag, 1), (int)First(PhotometricTag, 1),
            isPlanar, (int)formats[0]);

        long First(int tag, long fallback) => fields.TryGetValue(tag, out long[]? values) && values.Length > 0 ? values[0] : fallback;
    }

    /// <summary>The values of an entry, those that are whole numbers; of the others none.</summary>
    private static long[] ReadValues(ReadOnlySpan<byte> file, ReadOnlySpan<byte> entry, bool isLittle, int tag, string name)
    {
        int type = (int)Integer(entry[2..], 2, isLittle);
        long count = Integer(entry[4..], 4, isLittle);
        if (type < 1 || type > TypeLengths.Length)
        {
            throw Damaged(name, $"its field {tag} has no known type");
        }
        int size = TypeLengths[type - 1];
        long length = count * size;
        long offset = Integer(entry[8..], 4, isLittle);
        if (length > InlineLength && offset + length > file.Length)
        {
            throw Damaged(name, $"its field {tag} lies outside of it");
        }
        ReadOnlySpan<byte> bytes = length > InlineLength ? file.Slice((int)offset, (int)length) : entry.Slice(8, (int)length);
        // Shorts and longs of pictures' own fields; nothing else is looked at here.
        long[] values = new long[type is 3 or 4 && tag <= SampleFormatTag ? count : 0];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = Integer(bytes[(i * size)..], size, isLittle);
        }
        return values;
    }

    private static long Integer(ReadOnlySpan<byte> bytes, int size, bool isLittle) => size switch
    {
        1 => bytes[0],
        2 => isLittle ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : BinaryPrimitives.ReadUInt16BigEndian(bytes),
        _ => isLittle ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : BinaryPrimitives.ReadUInt32BigEndian(bytes),
    };

    private static ModelFileException Damaged(string name, string why) => new($"{name} is a damaged TIFF file: {why}.");
}
