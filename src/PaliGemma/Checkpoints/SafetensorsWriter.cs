using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;

namespace PaliGemma.Checkpoints;

/// <summary>
/// Writes a safetensors file as the reference does (huggingface/safetensors, <c>prepare</c>): the header first, from the declared tensors,
/// in the order of falling element size and then of names, padded with spaces to eight bytes; then the tensors' bytes, in pieces, in any
/// order and from several threads. The file has a temporary name until <see cref="Commit"/>; without it, nothing is left.
/// </summary>
public sealed class SafetensorsWriter : IDisposable
{
    private const int HeaderAlignment = 8;

    private static readonly JsonWriterOptions HeaderOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly StagedPath _place;
    private readonly Dictionary<string, Section> _sections = new(StringComparer.Ordinal);
    private SafeFileHandle? _file;

    /// <summary>Creates the temporary file, at its final length, and writes the header.</summary>
    /// <param name="path">The file to be; it is replaced only by <see cref="Commit"/>.</param>
    /// <param name="tensors">All tensors, with different names.</param>
    /// <param name="metadata">Entries of <c>__metadata__</c>; null writes <c>{"format":"pt"}</c>, which other readers expect.</param>
    /// <exception cref="ModelFileException">The file cannot be created, or the disk has no room for it.</exception>
    public SafetensorsWriter(
        string path, IReadOnlyCollection<TensorDeclaration> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(tensors);
        _place = new StagedPath(Path.GetFullPath(path));
        TensorDeclaration[] ordered =
            [.. tensors.OrderBy(tensor => SafetensorsType.Rank(tensor.Type)).ThenBy(tensor => tensor.Name, StringComparer.Ordinal)];
        byte[] header = Header(ordered, metadata ?? new Dictionary<string, string> { ["format"] = "pt" });
        long end = sizeof(ulong) + header.Length;
        foreach (TensorDeclaration tensor in ordered)
        {
            if (!_sections.TryAdd(tensor.Name, new Section(end, tensor.ByteLength)))
            {
                throw new ArgumentException($"Tensor {tensor.Name} is declared twice.", nameof(tensors));
            }
            end = checked(end + tensor.ByteLength);
        }
        _file = _place.Run(
            () => File.OpenHandle(_place.Path, FileMode.CreateNew, FileAccess.Write, FileShare.None, preallocationSize: end));
        try
        {
            byte[] length = new byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
            RandomAccess.Write(_file, [length, header], 0);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Writes a piece of a tensor. Safe for several threads; no byte may be written twice.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="start">Where in the tensor the piece starts, in bytes.</param>
    /// <param name="data">The bytes.</param>
    /// <exception cref="ArgumentException">The tensor was not declared.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The piece does not lie inside the tensor.</exception>
    /// <exception cref="ObjectDisposedException">The file is finished.</exception>
    public void Write(string name, long start, ReadOnlySpan<byte> data)
    {
        ObjectDisposedException.ThrowIf(_file is null, this);
        if (!_sections.TryGetValue(name, out Section? section))
        {
            throw new ArgumentException($"Tensor {name} was not declared.", nameof(name));
        }
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(data.Length, section.Length - start, nameof(data));
        RandomAccess.Write(_file, data, section.Start + start);
        section.AddWritten(data.Length);
    }

    /// <summary>Finishes the file and gives it its name.</summary>
    /// <exception cref="InvalidOperationException">Bytes of a tensor have not been written.</exception>
    public void Commit()
    {
        ObjectDisposedException.ThrowIf(_file is null, this);
        foreach ((string name, Section section) in _sections)
        {
            if (section.Written != section.Length)
            {
                throw new InvalidOperationException($"{section.Written} of the {section.Length} bytes of tensor {name} were written.");
            }
        }
        // Else a power cut could leave the name without the bytes.
        SafeFileHandle file = _file;
        _place.Run(() => RandomAccess.FlushToDisk(file));
        _file.Dispose();
        _file = null;
        _place.MoveFile();
    }

    /// <summary>Removes the file if it was not finished.</summary>
    public void Dispose()
    {
        if (_file is not null)
        {
            _file.Dispose();
            _file = null;
            _place.RemoveFile();
        }
    }

    private static byte[] Header(TensorDeclaration[] tensors, IReadOnlyDictionary<string, string> metadata)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, HeaderOptions))
        {
            json.WriteStartObject();
            if (metadata.Count > 0)
            {
                json.WriteStartObject("__metadata__");
                foreach ((string key, string value) in metadata.OrderBy(entry => entry.Key, StringComparer.Ordinal))
                {
                    json.WriteString(key, value);
                }
                json.WriteEndObject();
            }
            long start = 0;
            foreach (TensorDeclaration tensor in tensors)
            {
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", SafetensorsType.Name(tensor.Type));
                WriteIntegers(json, "shape", tensor.Shape);
                WriteIntegers(json, "data_offsets", [start, start + tensor.ByteLength]);
                json.WriteEndObject();
                start += tensor.ByteLength;
            }
            json.WriteEndObject();
        }
        while (stream.Length % HeaderAlignment != 0)
        {
            stream.WriteByte((byte)' ');
        }
        return stream.ToArray();
    }

    private static void WriteIntegers(Utf8JsonWriter json, string name, IReadOnlyList<long> values)
    {
        json.WriteStartArray(name);
        foreach (long value in values)
        {
            json.WriteNumberValue(value);
        }
        json.WriteEndArray();
    }

    /// <summary>Where a tensor lies in the file, and how much of it is there.</summary>
    private sealed class Section(long start, long length)
    {
        private long _written;

        public long Start => start;

        public long Length => length;

        public long Written => Volatile.Read(ref _written);

        public void AddWritten(long bytes) => Interlocked.Add(ref _written, bytes);
    }
}
