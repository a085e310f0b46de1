using System.Buffers.Binary;
using System.Text;
using PaliGemma.Kernels;

namespace PaliGemma.Checkpoints;

/// <summary>A file inside a zip archive; its bytes have been checked to lie in the archive and to belong to it alone.</summary>
/// <param name="Name">The name, with <c>/</c> between folders.</param>
/// <param name="Deflated">Whether the bytes are deflated; if not, they are stored as they are.</param>
/// <param name="Start">Where the bytes start in the archive.</param>
/// <param name="StoredLength">Bytes in the archive.</param>
/// <param name="Length">Bytes that the archive claims after inflating.</param>
/// <param name="Crc32">The checksum of the inflated bytes.</param>
internal readonly record struct ZipEntry(string Name, bool Deflated, long Start, long StoredLength, long Length, uint Crc32);

/// <summary>
/// Reads the directory of a zip archive (PKWARE's APPNOTE.TXT, with zip64). Our own, because arrays are used where they lie in the archive,
/// and <see cref="System.IO.Compression.ZipArchive"/> does not tell where that is.
/// </summary>
internal static class ZipDirectory
{
    private const uint EndSignature = 0x06054b50;
    private const uint End64Signature = 0x06064b50;
    private const uint Locator64Signature = 0x07064b50;
    private const uint EntrySignature = 0x02014b50;
    private const uint LocalSignature = 0x04034b50;
    private const int EndLength = 22;
    private const int End64Length = 56;
    private const int Locator64Length = 20;
    private const int EntryLength = 46;
    private const int LocalLength = 30;
    private const int LongestDirectory = 1 << 26;
    private const int MostEntries = 1 << 14;

    /// <summary>What deflate can gain at most: 258 bytes for two bits, and a little for short inputs.</summary>
    private const int BestDeflateRatio = 1032;

    /// <exception cref="ModelFileException">The file is not a sound archive.</exception>
    public static IReadOnlyList<ZipEntry> Read(string path, MemoryRegion file)
    {
        (long start, long length, ulong count) = FindDirectory(path, file);
        if (length > LongestDirectory || count > MostEntries)
        {
            throw new ModelFileException(
                $"{path} has a directory of {count} entries in {length} bytes; expected at most {MostEntries} in {LongestDirectory}.");
        }
        ReadOnlySpan<byte> directory = file.Span<byte>(start, (int)length);
        List<(ZipEntry Entry, long Local)> entries = [];
        while (!directory.IsEmpty)
        {
            entries.Add(ReadEntry(path, file, start, ref directory));
            if ((ulong)entries.Count > count)
            {
                break;
            }
        }
        Require(path, (ulong)entries.Count == count, $"its directory does not have the {count} entries that it claims");
        CheckOverlap(path, entries);
        return [.. entries.Select(entry => entry.Entry)];
    }

    private static (long Start, long Length, ulong Count) FindDirectory(string path, MemoryRegion file)
    {
        int tailLength = (int)Math.Min(file.Length, EndLength + ushort.MaxValue);
        long tailStart = file.Length - tailLength;
        ReadOnlySpan<byte> tail = file.Span<byte>(tailStart, tailLength);
        int at = tailLength - EndLength;
        while (at >= 0 && !(Signature(tail[at..]) == EndSignature && UInt16(tail, at + 20) == tailLength - at - EndLength))
        {
            at--;
        }
        Require(path, at >= 0, "it does not end as one; it may be truncated");
        ulong count = (ulong)UInt16(tail, at + 10);
        ulong length = UInt32(tail, at + 12);
        ulong start = UInt32(tail, at + 16);
        ulong limit = (ulong)(tailStart + at);
        if (at >= Locator64Length && Signature(tail[(at - Locator64Length)..]) == Locator64Signature)
        {
            ulong place = UInt64(tail, at - Locator64Length + 8);
            const ulong Both = Locator64Length + End64Length;
            Require(path, limit >= Both && place <= limit - Both, "its zip64 end lies outside the file");
            ReadOnlySpan<byte> end = file.Span<byte>((long)place, End64Length);
            Require(path, Signature(end) == End64Signature, "its zip64 end is not where its locator says");
            count = UInt64(end, 32);
            length = UInt64(end, 40);
            start = UInt64(end, 48);
            limit = place;
        }
        Require(path, start <= limit && length <= limit - start, "its directory lies outside the file");
        return ((long)start, (long)length, count);
    }

    /// <summary>Reads the entry at the start of <paramref name="directory"/> and moves past it.</summary>
    private static (ZipEntry Entry, long Local) ReadEntry(
        string path, MemoryRegion file, long directoryStart, ref ReadOnlySpan<byte> directory)
    {
        Require(path, directory.Length >= EntryLength && Signature(directory) == EntrySignature, "its directory is damaged");
        int flags = UInt16(directory, 8);
        int method = UInt16(directory, 10);
        int nameLength = UInt16(directory, 28);
        int extraLength = UInt16(directory, 30);
        int total = EntryLength + nameLength + extraLength + UInt16(directory, 32);
        Require(path, directory.Length >= total, "its directory is damaged");
        ReadOnlySpan<byte> nameBytes = directory.Slice(EntryLength, nameLength);
        string name = Encoding.UTF8.GetString(nameBytes);
        ReadOnlySpan<byte> extra = directory.Slice(EntryLength + nameLength, extraLength);
        (ulong length, ulong storedLength, ulong local) = ReadPlace(path, name, directory, extra);
        uint crc = UInt32(directory, 16);
        directory = directory[total..];

        Require(path, (flags & 1) == 0, $"its entry {name} is encrypted");
        Require(path, method is 0 or 8, $"its entry {name} is compressed by method {method}; expected 0 (stored) or 8 (deflated)");
        ulong limit = (ulong)directoryStart;
        Require(path, limit >= LocalLength && local <= limit - LocalLength, $"its entry {name} lies outside the file");
        ReadOnlySpan<byte> header = file.Span<byte>((long)local, LocalLength);
        Require(path, Signature(header) == LocalSignature, $"its entry {name} is not where the directory says");
        ulong start = local + (ulong)(LocalLength + UInt16(header, 26) + UInt16(header, 28));
        Require(path, start <= limit && storedLength <= limit - start, $"its entry {name} lies outside the file");
        Require(
            path,
            UInt16(header, 26) == nameLength && file.Span<byte>((long)local + LocalLength, nameLength).SequenceEqual(nameBytes),
            $"its entry {name} has another name in the directory than in its place");
        bool lengthsAgree = method == 0 ? length == storedLength : length <= (storedLength + 1) * BestDeflateRatio;
        Require(path, lengthsAgree, $"its entry {name} claims to make {length} bytes of {storedLength}");
        return (new ZipEntry(name, method == 8, (long)start, (long)storedLength, (long)length, crc), (long)local);
    }

    /// <summary>Lengths and place of an entry; those that do not fit into 32 bits are in the extra field 1.</summary>
    private static (ulong Length, ulong StoredLength, ulong Local) ReadPlace(
        string path, string name, ReadOnlySpan<byte> entry, ReadOnlySpan<byte> extra)
    {
        ReadOnlySpan<byte> wide = [];
        while (extra.Length >= 4)
        {
            int length = UInt16(extra, 2);
            Require(path, length <= extra.Length - 4, $"the extra field of its entry {name} is damaged");
            if (UInt16(extra, 0) == 1)
            {
                wide = extra.Slice(4, length);
            }
            extra = extra[(4 + length)..];
        }
        return (Widen(entry, 24, ref wide), Widen(entry, 20, ref wide), Widen(entry, 42, ref wide));

        ulong Widen(ReadOnlySpan<byte> narrow, int at, ref ReadOnlySpan<byte> values)
        {
            uint value = UInt32(narrow, at);
            if (value != uint.MaxValue)
            {
                return value;
            }
            Require(path, values.Length >= sizeof(ulong), $"its entry {name} lacks its zip64 lengths");
            ulong result = UInt64(values, 0);
            values = values[sizeof(ulong)..];
            return result;
        }
    }

    /// <summary>Entries that share bytes are how a small archive inflates to an endless one.</summary>
    private static void CheckOverlap(string path, List<(ZipEntry Entry, long Local)> entries)
    {
        long end = 0;
        foreach ((ZipEntry entry, long local) in entries.OrderBy(entry => entry.Local))
        {
            Require(path, local >= end, $"its entry {entry.Name} overlaps another");
            end = entry.Start + entry.StoredLength;
        }
    }

    private static void Require(string path, bool condition, string otherwise)
    {
        if (!condition)
        {
            throw new ModelFileException($"{path} is not a sound zip archive: {otherwise}.");
        }
    }

    private static uint Signature(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt32LittleEndian(bytes);

    private static int UInt16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static uint UInt32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static ulong UInt64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);
}
