using System.Buffers.Binary;
using System.Text.Json;
using PaliGemma.Kernels;

namespace PaliGemma.Checkpoints;

/// <summary>
/// A safetensors file, mapped into memory: eight bytes of header length, a JSON header, and the tensors' bytes, which are used where they
/// lie. Nothing in the header is believed before it has been checked against the file's length.
/// </summary>
public sealed class SafetensorsFile : IDisposable
{
    /// <summary>The format's own limit of a header.</summary>
    private const int LongestHeader = 100_000_000;

    private const int MostDimensions = 8;

    /// <summary>Far above every model, and what bounds the memory that a header can take.</summary>
    private const int MostTensors = 1 << 18, LongestName = 1024;

    private readonly MappedFile _file;
    private readonly Dictionary<string, Entry> _entries;

    private SafetensorsFile(string path, MappedFile file, Dictionary<string, Entry> entries)
    {
        Path = path;
        _file = file;
        _entries = entries;
    }

    /// <summary>The file's path.</summary>
    public string Path { get; }

    /// <summary>The file's length in bytes.</summary>
    public long Length => _file.Length;

    /// <summary>The tensors' names, as the file has them.</summary>
    public IReadOnlyCollection<string> Names => _entries.Keys;

    /// <summary>Maps a file and reads its header.</summary>
    /// <exception cref="ModelFileException">The file is missing or damaged.</exception>
    public static SafetensorsFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        MappedFile file;
        try
        {
            file = new MappedFile(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ModelFileException($"{path} cannot be read: {error.Message}", error);
        }
        try
        {
            return new SafetensorsFile(path, file, ReadHeader(path, file));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Finds a tensor by the file's own name for it.</summary>
    /// <exception cref="ModelFileException">Its element type is none that this library knows.</exception>
    public bool TryGet(string name, out StoredTensor tensor)
    {
        if (!TryDescribe(name, out TensorDeclaration declared))
        {
            tensor = null!;
            return false;
        }
        Entry entry = _entries[name];
        tensor = new StoredTensor(name, declared.Type, entry.Shape, _file.Region.Slice(entry.Start, entry.End - entry.Start));
        return true;
    }

    /// <summary>What the header says of a tensor; its bytes are not touched.</summary>
    /// <exception cref="ModelFileException">Its element type is none that this library knows.</exception>
    public bool TryDescribe(string name, out TensorDeclaration tensor)
    {
        if (!_entries.TryGetValue(name, out Entry entry))
        {
            tensor = null!;
            return false;
        }
        ElementType type = SafetensorsType.Parse(entry.Type)
            ?? throw new ModelFileException($"{Path}: tensor {name} has the element type {entry.Type}, which is not supported.");
        tensor = new TensorDeclaration(name, type, entry.Shape);
        return true;
    }

    /// <summary>Finds a tensor that must be there.</summary>
    /// <exception cref="ModelFileException">The tensor is missing.</exception>
    public StoredTensor Get(string name) =>
        TryGet(name, out StoredTensor tensor) ? tensor : throw new ModelFileException($"{Path} has no tensor {name}.");

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static Dictionary<string, Entry> ReadHeader(string path, MappedFile file)
    {
        if (file.Length < sizeof(ulong))
        {
            throw new ModelFileException($"{path} is {file.Length} bytes long; a safetensors file starts with 8 bytes of header length.");
        }
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(file.Region.Span<byte>(0, sizeof(ulong)));
        if (length > (ulong)Math.Min(LongestHeader, file.Length - sizeof(ulong)))
        {
            throw new ModelFileException(
                $"{path}: the header claims {length} bytes; expected at most {Math.Min(LongestHeader, file.Length - sizeof(ulong))}.");
        }
        long dataStart = sizeof(ulong) + (long)length;
        Dictionary<string, Entry> entries = new(StringComparer.Ordinal);
        try
        {
            Utf8JsonReader reader = new(file.Region.Span<byte>(sizeof(ulong), (int)length), new JsonReaderOptions { MaxDepth = 8 });
            Require(reader.Read() && reader.TokenType == JsonTokenType.StartObject);
            bool metadata = false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                Require(reader.ValueSpan.Length <= LongestName && entries.Count < MostTensors);
                string name = reader.GetString()!;
                Require(reader.Read());
                if (name == "__metadata__")
                {
                    Require(!metadata && reader.TokenType == JsonTokenType.StartObject);
                    metadata = true;
                    reader.Skip();
                }
                else if (!entries.TryAdd(name, ReadEntry(ref reader, path, name, dataStart, file.Length)))
                {
                    throw new ModelFileException($"{path}: the header names tensor {name} twice.");
                }
            }
            Require(reader.TokenType == JsonTokenType.EndObject && !reader.Read());
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException)
        {
            throw new ModelFileException($"{path}: the header is not a JSON object of tensors as safetensors defines it.", error);
        }
        CheckCoverage(path, entries, dataStart, file.Length);
        return entries;

        static void Require(bool condition)
        {
            if (!condition)
            {
                throw new JsonException();
            }
        }
    }

    private static Entry ReadEntry(ref Utf8JsonReader reader, string path, string name, long dataStart, long fileLength)
    {
        string? type = null;
        long[]? shape = null;
        long[]? offsets = null;
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException();
        }
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string field = reader.GetString()!;
            reader.Read();
            switch (field)
            {
                case "dtype" when type is null:
                    type = reader.GetString();
                    break;
                case "shape" when shape is null:
                    shape = ReadIntegers(ref reader, MostDimensions);
                    break;
                case "data_offsets" when offsets is null:
                    offsets = ReadIntegers(ref reader, 2);
                    break;
                case "dtype" or "shape" or "data_offsets":
                    throw new JsonException();
                default:
                    reader.Skip();
                    break;
            }
        }
        if (type is null || shape is null || offsets is not { Length: 2 })
        {
            throw new ModelFileException($"{path}: tensor {name} lacks dtype, shape or data_offsets.");
        }
        long start = offsets[0];
        long end = offsets[1];
        if (start < 0 || end < start || end > fileLength - dataStart)
        {
            throw new ModelFileException(
                $"{path}: tensor {name} has data_offsets [{start}, {end}]; the file has {fileLength - dataStart} bytes of data.");
        }
        if (SafetensorsType.Parse(type) is ElementType known && TensorShape.ByteLength(known, shape) != end - start)
        {
            throw new ModelFileException(
                $"{path}: tensor {name} of {type} {TensorShape.Text(shape)} does not take the {end - start} bytes "
                + "that its data_offsets give it.");
        }
        return new Entry(type, shape, dataStart + start, dataStart + end);
    }

    private static long[] ReadIntegers(ref Utf8JsonReader reader, int most)
    {
        Span<long> values = stackalloc long[most];
        int count = 0;
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException();
        }
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (count == most)
            {
                throw new JsonException();
            }
            values[count++] = reader.GetInt64();
        }
        return values[..count].ToArray();
    }

    /// <summary>The format wants the tensors to fill the file without overlap and without holes.</summary>
    private static void CheckCoverage(string path, Dictionary<string, Entry> entries, long dataStart, long fileLength)
    {
        long position = dataStart;
        foreach ((string name, Entry entry) in entries.OrderBy(pair => pair.Value.Start).ThenBy(pair => pair.Value.End))
        {
            if (entry.Start != position)
            {
                string what = entry.Start < position ? "overlaps the tensor before it" : "leaves a hole before it";
                throw new ModelFileException($"{path}: tensor {name} {what}.");
            }
            position = entry.End;
        }
        if (position != fileLength)
        {
            throw new ModelFileException(
                $"{path} has {fileLength - position} bytes after its last tensor; the file may be truncated or damaged.");
        }
    }

    /// <summary>Offsets are those of the file.</summary>
    private readonly record struct Entry(string Type, IReadOnlyList<long> Shape, long Start, long End);
}
