using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;

namespace PaliGemma.Tests.Checkpoints;

/// <summary>Writes .npz archives as NumPy does, and such as it never would: every field can be made to lie.</summary>
internal sealed class NpzWriter
{
    private readonly List<byte> _archive = [];
    private readonly List<byte> _directory = [];
    private int _count;

    /// <summary>Whether arrays are deflated.</summary>
    public bool Deflate { get; init; }

    /// <summary>Whether the directory uses zip64's wide fields.</summary>
    public bool Zip64 { get; init; }

    /// <summary>An entry that is written with other bytes than those it is added with; null leaves it out.</summary>
    public (string Name, byte[]? Content)? Replacing { get; init; }

    public NpzWriter Add(string name, string type, IEnumerable<long> shape, ReadOnlySpan<byte> data)
    {
        byte[]? content = Replacing is (string replaced, var other) && replaced == name ? other : Array(type, shape, data);
        return content is null ? this : Write(name, content);
    }

    /// <summary>Adds an entry with any bytes.</summary>
    public NpzWriter Write(string name, byte[] content, long? claimedLength = null, uint? claimedCrc = null, int? method = null)
    {
        byte[] stored = Deflate ? Deflated(content) : content;
        byte[] file = Encoding.UTF8.GetBytes(name + ".npy");
        long local = _archive.Count;
        uint crc = claimedCrc ?? Crc32.HashToUInt32(content);
        long length = claimedLength ?? content.Length;
        int compression = method ?? (Deflate ? 8 : 0);

        // NumPy always gives the lengths in a zip64 field here.
        byte[] localHeader = new byte[30];
        BinaryPrimitives.WriteUInt32LittleEndian(localHeader, 0x04034b50);
        BinaryPrimitives.WriteUInt16LittleEndian(localHeader.AsSpan(8), (ushort)compression);
        BinaryPrimitives.WriteUInt32LittleEndian(localHeader.AsSpan(14), crc);
        BinaryPrimitives.WriteUInt32LittleEndian(localHeader.AsSpan(18), uint.MaxValue);
        BinaryPrimitives.WriteUInt32LittleEndian(localHeader.AsSpan(22), uint.MaxValue);
        BinaryPrimitives.WriteUInt16LittleEndian(localHeader.AsSpan(26), (ushort)file.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(localHeader.AsSpan(28), 20);
        _archive.AddRange(localHeader);
        _archive.AddRange(file);
        _archive.AddRange(Wide(length, stored.Length));
        _archive.AddRange(stored);

        byte[] entry = new byte[46];
        byte[] extra = Zip64 ? Wide(length, stored.Length, local) : [];
        BinaryPrimitives.WriteUInt32LittleEndian(entry, 0x02014b50);
        BinaryPrimitives.WriteUInt16LittleEndian(entry.AsSpan(10), (ushort)compression);
        BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(16), crc);
        BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(20), Zip64 ? uint.MaxValue : (uint)stored.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(24), Zip64 ? uint.MaxValue : (uint)length);
        BinaryPrimitives.WriteUInt16LittleEndian(entry.AsSpan(28), (ushort)file.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(entry.AsSpan(30), (ushort)extra.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(42), Zip64 ? uint.MaxValue : (uint)local);
        _directory.AddRange(entry);
        _directory.AddRange(file);
        _directory.AddRange(extra);
        _count++;
        return this;
    }

    /// <summary>The finished archive.</summary>
    public byte[] ToArray()
    {
        long start = _archive.Count;
        List<byte> result = [.. _archive, .. _directory];
        long end = result.Count;
        if (Zip64)
        {
            byte[] wide = new byte[56 + 20];
            BinaryPrimitives.WriteUInt32LittleEndian(wide, 0x06064b50);
            BinaryPrimitives.WriteUInt64LittleEndian(wide.AsSpan(4), 44);
            BinaryPrimitives.WriteInt64LittleEndian(wide.AsSpan(24), _count);
            BinaryPrimitives.WriteInt64LittleEndian(wide.AsSpan(32), _count);
            BinaryPrimitives.WriteInt64LittleEndian(wide.AsSpan(40), _directory.Count);
            BinaryPrimitives.WriteInt64LittleEndian(wide.AsSpan(48), start);
            BinaryPrimitives.WriteUInt32LittleEndian(wide.AsSpan(56), 0x07064b50);
            BinaryPrimitives.WriteInt64LittleEndian(wide.AsSpan(64), end);
            BinaryPrimitives.WriteUInt32LittleEndian(wide.AsSpan(72), 1);
            result.AddRange(wide);
        }
        byte[] tail = new byte[22];
        BinaryPrimitives.WriteUInt32LittleEndian(tail, 0x06054b50);
        BinaryPrimitives.WriteUInt16LittleEndian(tail.AsSpan(8), Zip64 ? ushort.MaxValue : (ushort)_count);
        BinaryPrimitives.WriteUInt16LittleEndian(tail.AsSpan(10), Zip64 ? ushort.MaxValue : (ushort)_count);
        BinaryPrimitives.WriteUInt32LittleEndian(tail.AsSpan(12), Zip64 ? uint.MaxValue : (uint)_directory.Count);
        BinaryPrimitives.WriteUInt32LittleEndian(tail.AsSpan(16), Zip64 ? uint.MaxValue : (uint)start);
        return [.. result, .. tail];
    }

    /// <summary>An .npy array.</summary>
    public static byte[] Array(string type, IEnumerable<long> shape, ReadOnlySpan<byte> data, bool fortranOrder = false)
    {
        string extents = string.Concat(shape.Select(extent => extent + ", ")).TrimEnd();
        return Array($"{{'descr': '{type}', 'fortran_order': {fortranOrder}, 'shape': ({extents}), }}", data);
    }

    /// <summary>An .npy array with any header.</summary>
    public static byte[] Array(string header, ReadOnlySpan<byte> data, byte version = 1)
    {
        byte[] text = Encoding.UTF8.GetBytes(header.PadRight(((header.Length + 10 + 64) / 64 * 64) - 11) + "\n");
        byte[] length = version == 1 ? BitConverter.GetBytes((ushort)text.Length) : BitConverter.GetBytes(text.Length);
        return [0x93, .. "NUMPY"u8, version, 0, .. length, .. text, .. data];
    }

    private static byte[] Deflated(byte[] content)
    {
        MemoryStream result = new();
        using (DeflateStream stream = new(result, CompressionLevel.Optimal, leaveOpen: true))
        {
            stream.Write(content);
        }
        return result.ToArray();
    }

    private static byte[] Wide(params ReadOnlySpan<long> values)
    {
        byte[] field = new byte[4 + (8 * values.Length)];
        BinaryPrimitives.WriteUInt16LittleEndian(field, 1);
        BinaryPrimitives.WriteUInt16LittleEndian(field.AsSpan(2), (ushort)(8 * values.Length));
        for (int i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(field.AsSpan(4 + (8 * i)), values[i]);
        }
        return field;
    }
}
