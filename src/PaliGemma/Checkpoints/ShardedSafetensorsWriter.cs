using System.Globalization;
using System.Text.Json;

namespace PaliGemma.Checkpoints;

/// <summary>
/// Writes a checkpoint as Hugging Face publishes it: <c>model.safetensors</c> or, above a size, <c>model-00001-of-0000N.safetensors</c>
/// with <c>model.safetensors.index.json</c>. Tensors are dealt out in the order given; a shard ends before the tensor that would make it
/// too large.
/// </summary>
public sealed class ShardedSafetensorsWriter : IDisposable
{
    /// <summary>The largest shard that Hugging Face's writer makes unless told otherwise, in bytes.</summary>
    public const long DefaultShardSize = 5_000_000_000;

    private readonly string _folder;
    private readonly long _totalSize;
    private readonly List<SafetensorsWriter> _shards = [];
    private readonly Dictionary<string, (int Shard, string File)> _places = new(StringComparer.Ordinal);

    /// <summary>Creates temporary files for all shards.</summary>
    /// <param name="folder">A folder that exists and holds no other checkpoint.</param>
    /// <param name="tensors">All tensors, with different names.</param>
    /// <param name="shardSize">Most bytes of tensors in a shard that has more than one.</param>
    /// <exception cref="ModelFileException">A file cannot be created, or the disk has no room for it.</exception>
    public ShardedSafetensorsWriter(string folder, IReadOnlyCollection<TensorDeclaration> tensors, long shardSize = DefaultShardSize)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(tensors);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(shardSize);
        _folder = folder;
        _totalSize = tensors.Sum(tensor => tensor.ByteLength);
        List<List<TensorDeclaration>> shards = DealOut(tensors, shardSize);
        try
        {
            for (int i = 0; i < shards.Count; i++)
            {
                string file = shards.Count == 1
                    ? SafetensorsCheckpoint.SingleName
                    : string.Create(CultureInfo.InvariantCulture, $"model-{i + 1:D5}-of-{shards.Count:D5}.safetensors");
                _shards.Add(new SafetensorsWriter(Path.Combine(folder, file), shards[i]));
                foreach (TensorDeclaration tensor in shards[i])
                {
                    if (!_places.TryAdd(tensor.Name, (i, file)))
                    {
                        throw new ArgumentException($"Tensor {tensor.Name} is declared twice.", nameof(tensors));
                    }
                }
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Writes a piece of a tensor, as <see cref="SafetensorsWriter.Write"/> does.</summary>
    public void Write(string name, long start, ReadOnlySpan<byte> data)
    {
        if (!_places.TryGetValue(name, out (int Shard, string File) place))
        {
            throw new ArgumentException($"Tensor {name} was not declared.", nameof(name));
        }
        _shards[place.Shard].Write(name, start, data);
    }

    /// <summary>Finishes the shards, gives them their names, and writes the index last.</summary>
    /// <exception cref="InvalidOperationException">Bytes of a tensor have not been written.</exception>
    public void Commit()
    {
        _shards.ForEach(shard => shard.Commit());
        if (_shards.Count > 1)
        {
            File.WriteAllBytes(Path.Combine(_folder, SafetensorsCheckpoint.IndexName), Index());
        }
    }

    /// <summary>Removes what was not finished.</summary>
    public void Dispose() => _shards.ForEach(shard => shard.Dispose());

    private static List<List<TensorDeclaration>> DealOut(IReadOnlyCollection<TensorDeclaration> tensors, long shardSize)
    {
        List<List<TensorDeclaration>> shards = [[]];
        long size = 0;
        foreach (TensorDeclaration tensor in tensors)
        {
            if (size + tensor.ByteLength > shardSize && shards[^1].Count > 0)
            {
                shards.Add([]);
                size = 0;
            }
            shards[^1].Add(tensor);
            size += tensor.ByteLength;
        }
        return shards;
    }

    private byte[] Index()
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            json.WriteStartObject("metadata");
            json.WriteNumber("total_size", _totalSize);
            json.WriteEndObject();
            json.WriteStartObject("weight_map");
            foreach ((string tensor, (_, string file)) in _places.OrderBy(place => place.Key, StringComparer.Ordinal))
            {
                json.WriteString(tensor, file);
            }
            json.WriteEndObject();
            json.WriteEndObject();
        }
        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }
}
