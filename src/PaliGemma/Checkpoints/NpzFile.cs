using System.IO.Compression;
using System.IO.Hashing;
using PaliGemma.Kernels;

namespace PaliGemma.Checkpoints;

/// <summary>
/// NumPy's .npz: a zip archive of .npy arrays, mapped into memory. Arrays that are stored uncompressed (as <c>numpy.savez</c> does) and
/// aligned are used where they lie; others are copied or inflated into native memory when they are first asked for, and their checksums
/// compared. Safe for several threads.
/// </summary>
public sealed class NpzFile : IDisposable
{
    private const string Extension = ".npy";
    private const int CopyChunk = 1 << 20;

    /// <summary>
    /// What may be inflated from any archive, and how many times its length: weights shrink to a half at most, and so memory stays in
    /// proportion to the file.
    /// </summary>
    private const long SmallInflation = 1 << 26, LargestInflation = 32;

    private readonly Lock _gate = new();
    private readonly MappedFile _file;
    private readonly Dictionary<string, NpzArray> _arrays;
    private readonly Dictionary<string, NativeBuffer> _copies = new(StringComparer.Ordinal);

    private NpzFile(string path, MappedFile file, Dictionary<string, NpzArray> arrays)
    {
        Path = path;
        _file = file;
        _arrays = arrays;
    }

    /// <summary>The file's path.</summary>
    public string Path { get; }

    /// <summary>The file's length in bytes.</summary>
    public long Length => _file.Length;

    /// <summary>The arrays' names, without <c>.npy</c>.</summary>
    public IReadOnlyCollection<string> Names => _arrays.Keys;

    /// <summary>Maps a file and reads the headers of its arrays.</summary>
    /// <exception cref="ModelFileException">The file is missing or damaged.</exception>
    public static NpzFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        MappedFile? file = null;
        try
        {
            file = new MappedFile(path);
            return new NpzFile(path, file, ReadHeaders(path, file.Region));
        }
        catch (Exception error)
        {
            file?.Dispose();
            if (error is IOException or UnauthorizedAccessException)
            {
                throw new ModelFileException($"{path} cannot be read: {error.Message}", error);
            }
            throw;
        }
    }

    /// <summary>Finds an array and gives its elements, aligned.</summary>
    /// <exception cref="ModelFileException">Its element type or layout is none that this library knows, or its bytes are
    /// damaged.</exception>
    public bool TryGet(string name, out StoredTensor tensor)
    {
        if (!TryDescribe(name, out ElementType type, out IReadOnlyList<long> shape))
        {
            tensor = null!;
            return false;
        }
        MemoryRegion bytes = Bytes(name, out bool aligned);
        tensor = new StoredTensor(name, type, shape, aligned ? bytes : Copy(name, _arrays[name]));
        return true;
    }

    /// <summary>Finds an array that must be there.</summary>
    /// <exception cref="ModelFileException">The array is missing, damaged or none that this library knows.</exception>
    public StoredTensor Get(string name) =>
        TryGet(name, out StoredTensor tensor) ? tensor : throw new ModelFileException($"{Path} has no array {name}.");

    /// <summary>Frees the memory that an array was copied or inflated to; its tensor must not be read any more.</summary>
    public void Release(string name)
    {
        lock (_gate)
        {
            if (_copies.Remove(name, out NativeBuffer? copy))
            {
                copy.Dispose();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            foreach (NativeBuffer copy in _copies.Values)
            {
                copy.Dispose();
            }
            _copies.Clear();
        }
        _file.Dispose();
    }

    /// <summary>An array's element type and extents; nothing is inflated.</summary>
    /// <exception cref="ModelFileException">Its element type or layout is none that this library knows.</exception>
    internal bool TryDescribe(string name, out ElementType type, out IReadOnlyList<long> shape)
    {
        type = default;
        shape = [];
        if (!_arrays.TryGetValue(name, out NpzArray? array))
        {
            return false;
        }
        type = array.Header.ElementType
            ?? throw new ModelFileException($"{Path}: array {name} has the element type {array.Header.Type}, which is not supported.");
        shape = array.Header.Shape;
        if (array.Header.FortranOrder && shape.Count > 1)
        {
            throw new ModelFileException($"{Path}: array {name} is in Fortran order; expected C order.");
        }
        return true;
    }

    /// <summary>The bytes of an array that <see cref="TryDescribe"/> knows, in place or inflated.</summary>
    /// <param name="name">The array's name.</param>
    /// <param name="aligned">Whether they start at a multiple of the element's size.</param>
    internal MemoryRegion Bytes(string name, out bool aligned)
    {
        NpzArray array = _arrays[name];
        if (array.Entry.Deflated)
        {
            aligned = true;
            return Copy(name, array);
        }
        long start = array.Entry.Start + array.Header.Length;
        aligned = start % ElementConversion.Size(array.Header.ElementType!.Value) == 0;
        return _file.Region.Slice(start, array.Entry.Length - array.Header.Length);
    }

    private static Dictionary<string, NpzArray> ReadHeaders(string path, MemoryRegion file)
    {
        Dictionary<string, NpzArray> arrays = new(StringComparer.Ordinal);
        Int128 inflated = 0;
        foreach (ZipEntry entry in ZipDirectory.Read(path, file).Where(entry => entry.Name.EndsWith(Extension, StringComparison.Ordinal)))
        {
            string name = entry.Name[..^Extension.Length];
            NpyHeader header = NpyHeader.Parse(ReadStart(path, file, entry), $"{path}: array {name}");
            if (header.ElementType is not null && header.DataLength != entry.Length - header.Length)
            {
                throw new ModelFileException(
                    $"{path}: array {name} of {header.Type} {TensorShape.Text(header.Shape)} does not take the "
                    + $"{entry.Length - header.Length} bytes that it has.");
            }
            if (!arrays.TryAdd(name, new NpzArray(entry, header)))
            {
                throw new ModelFileException($"{path}: array {name} is there twice.");
            }
            inflated += entry.Deflated ? entry.Length : 0;
        }
        return inflated <= Int128.Max(SmallInflation, LargestInflation * (Int128)file.Length)
            ? arrays
            : throw new ModelFileException(
                $"{path} inflates {file.Length} bytes to {inflated}; expected at most {LargestInflation} times its length.");
    }

    private static ReadOnlySpan<byte> ReadStart(string path, MemoryRegion file, ZipEntry entry)
    {
        int length = (int)Math.Min(entry.Length, NpyHeader.Longest);
        if (!entry.Deflated)
        {
            return file.Span<byte>(entry.Start, length);
        }
        byte[] start = new byte[length];
        using Stream stream = Inflate(path, entry);
        ReadExactly(stream, start, path, entry);
        return start;
    }

    private MemoryRegion Copy(string name, NpzArray array)
    {
        lock (_gate)
        {
            if (!_copies.TryGetValue(name, out NativeBuffer? copy))
            {
                copy = CopyChecked(array);
                _copies.Add(name, copy);
            }
            return copy.Region;
        }
    }

    private NativeBuffer CopyChecked(NpzArray array)
    {
        NativeBuffer copy = new(array.Entry.Length - array.Header.Length);
        try
        {
            using Stream stream = array.Entry.Deflated ? Inflate(Path, array.Entry) : OpenAt(Path, array.Entry.Start);
            Crc32 checksum = new();
            byte[] header = new byte[array.Header.Length];
            ReadExactly(stream, header, Path, array.Entry);
            checksum.Append(header);
            for (long start = 0; start < copy.Length; start += CopyChunk)
            {
                Span<byte> chunk = copy.Span<byte>(start, (int)Math.Min(CopyChunk, copy.Length - start));
                ReadExactly(stream, chunk, Path, array.Entry);
                checksum.Append(chunk);
            }
            if (checksum.GetCurrentHashAsUInt32() != array.Entry.Crc32)
            {
                throw new ModelFileException(
                    $"{Path}: the bytes of {array.Entry.Name} do not have the checksum {array.Entry.Crc32:x8} that the archive gives.");
            }
            return copy;
        }
        catch
        {
            copy.Dispose();
            throw;
        }
    }

    private static DeflateStream Inflate(string path, ZipEntry entry) => new(OpenAt(path, entry.Start), CompressionMode.Decompress);

    private static FileStream OpenAt(string path, long position)
    {
        FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        stream.Position = position;
        return stream;
    }

    private static void ReadExactly(Stream stream, Span<byte> destination, string path, ZipEntry entry)
    {
        try
        {
            stream.ReadExactly(destination);
        }
        catch (Exception error) when (error is InvalidDataException or IOException)
        {
            throw new ModelFileException(
                $"{path}: {entry.Name} does not inflate to the {entry.Length} bytes that the archive claims.", error);
        }
    }

    private sealed record NpzArray(ZipEntry Entry, NpyHeader Header);
}
