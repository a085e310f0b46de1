using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace PaliGemma.Checkpoints;

/// <summary>
/// Writes NumPy's .npz: a zip file of uncompressed .npy arrays. The file is written under another name and moved to its place when it is
/// complete.
/// </summary>
public sealed class NpzFileWriter : IDisposable
{
    private static readonly DateTimeOffset SameTime = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly StagedPath _place;
    private readonly ZipArchive _zip;

    /// <summary>Begins a file.</summary>
    /// <param name="path">Where it will be; a file there is replaced.</param>
    /// <exception cref="ModelFileException">The file cannot be written.</exception>
    public NpzFileWriter(string path)
    {
        _place = new StagedPath(path);
        _zip = new ZipArchive(_place.Run(() => new FileStream(_place.Path, FileMode.CreateNew)), ZipArchiveMode.Create);
    }

    /// <summary>Writes an array.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="values">The elements, the last index fastest.</param>
    /// <param name="shape">The extents.</param>
    /// <param name="type">Float32 or Float16, to which the elements are rounded.</param>
    /// <exception cref="ModelFileException">The file cannot be written.</exception>
    public void Write(string name, ReadOnlySpan<float> values, IReadOnlyList<long> shape, ElementType type)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, TensorShape.ElementCount(shape) ?? -1, nameof(values));
        string description = type switch
        {
            ElementType.Float32 => "<f4",
            ElementType.Float16 => "<f2",
            _ => throw new ArgumentException($"Arrays are written as Float32 or Float16, not {type}.", nameof(type)),
        };
        byte[] bytes = new byte[values.Length * ElementConversion.Size(type)];
        ElementConversion.FromFloat32(values, type, bytes);
        _place.Run(() =>
        {
            ZipArchiveEntry entry = _zip.CreateEntry(name + ".npy", CompressionLevel.NoCompression);
            entry.LastWriteTime = SameTime;
            using Stream stream = entry.Open();
            stream.Write(Header(description, shape));
            stream.Write(bytes);
        });
    }

    /// <summary>Moves the file to its place.</summary>
    /// <exception cref="ModelFileException">The file cannot be written.</exception>
    public void Commit()
    {
        _place.Run(_zip.Dispose);
        _place.MoveFile();
    }

    /// <summary>Removes what was not moved.</summary>
    public void Dispose()
    {
        try
        {
            _zip.Dispose();
        }
        catch (IOException)
        {
            // It writes the archive's directory, which is not wanted any more.
        }
        finally
        {
            _place.RemoveFile();
        }
    }

    /// <summary>Version 1, padded to a multiple of 64 bytes (numpy/lib/format.py).</summary>
    private static byte[] Header(string type, IReadOnlyList<long> shape)
    {
        const int Prefix = 10;
        string extents = string.Concat(shape.Select(extent => string.Create(CultureInfo.InvariantCulture, $"{extent}, ")));
        string text = $"{{'descr': '{type}', 'fortran_order': False, 'shape': ({extents}), }}";
        int length = ((Prefix + text.Length + 1 + 63) / 64 * 64) - Prefix;
        byte[] header = new byte[Prefix + length];
        ReadOnlySpan<byte> magic = [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0];
        magic.CopyTo(header);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), (ushort)length);
        header.AsSpan(Prefix).Fill((byte)' ');
        Encoding.ASCII.GetBytes(text, header.AsSpan(Prefix));
        header[^1] = (byte)'\n';
        return header;
    }
}
