using System.Text.Json;
using PaliGemma.Configuration;

namespace PaliGemma.Checkpoints;

/// <summary>
/// A model folder as Hugging Face publishes it: <c>model.safetensors</c>, or shards listed in <c>model.safetensors.index.json</c>.
/// </summary>
public sealed class SafetensorsCheckpoint : Checkpoint
{
    /// <summary>The file of a checkpoint that is not sharded.</summary>
    public const string SingleName = "model.safetensors";

    /// <summary>The list of the shards of one that is.</summary>
    internal const string IndexName = "model.safetensors.index.json";

    private const long LongestIndex = 1 << 24;

    private readonly List<SafetensorsFile> _files = [];
    private readonly Dictionary<string, (SafetensorsFile File, string Name)> _tensors = new(StringComparer.Ordinal);

    private SafetensorsCheckpoint(string folder) => Location = folder;

    /// <inheritdoc/>
    public override IReadOnlyCollection<string> Names => _tensors.Keys;

    /// <inheritdoc/>
    public override string Location { get; }

    /// <inheritdoc/>
    public override string Folder => Location;

    /// <inheritdoc/>
    public override IReadOnlyList<CheckpointFile> Files => [.. _files.Select(file => new CheckpointFile(file.Path, file.Length))];

    /// <summary>Opens the folder's files; only their headers are read.</summary>
    /// <exception cref="ModelFileException">A file is missing or damaged.</exception>
    public static new SafetensorsCheckpoint Open(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        SafetensorsCheckpoint checkpoint = new(folder);
        try
        {
            string index = Path.Combine(folder, IndexName);
            if (File.Exists(index))
            {
                checkpoint.AddShards(index);
            }
            else if (File.Exists(Path.Combine(folder, SingleName)))
            {
                checkpoint.AddFile(SingleName);
            }
            else
            {
                throw new ModelFileException($"The folder {folder} has neither {SingleName} nor {IndexName}.");
            }
            return checkpoint;
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>Reads config.json.</summary>
    /// <exception cref="ModelFileException">The file is missing or does not describe a PaliGemma.</exception>
    public override PaliGemmaConfig LoadConfig() => PaliGemmaConfig.Load(Location);

    /// <inheritdoc/>
    public override bool TryDescribe(string name, out TensorDeclaration tensor)
    {
        tensor = null!;
        if (!_tensors.TryGetValue(name, out (SafetensorsFile File, string Name) place) || !place.File.TryDescribe(place.Name, out tensor))
        {
            return false;
        }
        tensor = tensor with { Name = name };
        return true;
    }

    /// <inheritdoc/>
    public override bool TryGet(string name, out StoredTensor tensor)
    {
        tensor = null!;
        if (!_tensors.TryGetValue(name, out (SafetensorsFile File, string Name) place))
        {
            return false;
        }
        tensor = place.File.Get(place.Name) with { Name = name };
        return true;
    }

    /// <summary>Whether a folder holds such a checkpoint.</summary>
    internal static bool Exists(string folder) =>
        File.Exists(Path.Combine(folder, IndexName)) || File.Exists(Path.Combine(folder, SingleName));

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _files.ForEach(file => file.Dispose());

    private void AddShards(string index)
    {
        Dictionary<string, string> weightMap = ReadIndex(index);
        foreach (string shard in weightMap.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            if (shard != Path.GetFileName(shard) || shard is "" or "." or "..")
            {
                throw new ModelFileException($"{index}: weight_map names the file {shard}; expected a plain file name in the same folder.");
            }
            if (!File.Exists(Path.Combine(Location, shard)))
            {
                throw new ModelFileException($"The shard {shard}, which {index} lists, is missing.");
            }
            AddFile(shard);
        }
        foreach ((string tensor, string shard) in weightMap)
        {
            if (!_tensors.TryGetValue(TensorNames.Canonical(tensor), out (SafetensorsFile File, string Name) place)
                || Path.GetFileName(place.File.Path) != shard)
            {
                throw new ModelFileException($"{index} says that tensor {tensor} is in {shard}; it is not.");
            }
        }
    }

    private void AddFile(string name)
    {
        SafetensorsFile file = SafetensorsFile.Open(Path.Combine(Location, name));
        _files.Add(file);
        foreach (string tensor in file.Names)
        {
            if (!_tensors.TryAdd(TensorNames.Canonical(tensor), (file, tensor)))
            {
                throw new ModelFileException($"{file.Path}: tensor {tensor} is in the checkpoint twice.");
            }
        }
    }

    private static Dictionary<string, string> ReadIndex(string path)
    {
        byte[] json = ModelFile.ReadAll(path, LongestIndex);
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
            Dictionary<string, string> map = new(StringComparer.Ordinal);
            foreach (JsonProperty entry in document.RootElement.GetProperty("weight_map").EnumerateObject())
            {
                map[entry.Name] = entry.Value.GetString() ?? throw new JsonException();
            }
            return map;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new ModelFileException(
                $"{path} is not an index of shards: expected an object weight_map from tensor to file name.", error);
        }
    }
}
