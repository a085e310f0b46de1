using System.Text.Json.Serialization;
using PaliGemma.Checkpoints;
using PaliGemma.Configuration;
using PaliGemma.Layers;

namespace PaliGemma.Cli.Output;

/// <summary>What <c>paligemma inspect</c> says of a model; as JSON, the names are in snake case.</summary>
internal sealed record ModelReport
{
    /// <summary>Where the weights are.</summary>
    public required string Model { get; init; }

    public required PaliGemmaConfig Config { get; init; }

    public required IReadOnlyList<CheckpointFile> Files { get; init; }

    public required IReadOnlyList<ReportedTensor> Tensors { get; init; }

    /// <summary>Tensors that the configuration needs and the checkpoint lacks.</summary>
    public required IReadOnlyList<string> MissingTensors { get; init; }

    /// <summary>How the matrices of the layers are stored: a name of <c>--dtype</c>, or <c>auto</c> if that cannot be told.</summary>
    public required string StoredFormat { get; init; }

    /// <summary>Tensors that the configuration has no use for.</summary>
    public required IReadOnlyList<string> UnusedTensors { get; init; }

    /// <summary>Elements of the model's tensors, by the part of the model.</summary>
    public required ParameterCounts Parameters { get; init; }

    /// <summary>Bytes of weights in memory, by precision; a quantised checkpoint can be held as it is only.</summary>
    public required IReadOnlyDictionary<string, long> MemoryBytes { get; init; }

    /// <summary>Image tokens of one picture.</summary>
    public required int ImageTokens { get; init; }

    /// <summary>Bytes that a token takes in the cache of keys and values.</summary>
    public required long KvCacheBytesPerToken { get; init; }

    /// <summary>Reads what the report needs; no weight is touched.</summary>
    /// <exception cref="ModelFileException">The configuration or the checkpoint is missing or damaged.</exception>
    public static ModelReport Create(Checkpoint checkpoint)
    {
        PaliGemmaConfig config = checkpoint.LoadConfig();
        IReadOnlyList<LayoutEntry> layout = TensorLayout.Of(config);
        HashSet<string> needed = [.. layout.Select(entry => entry.Name)];
        string[] others = [.. checkpoint.Names.Where(name => !needed.Contains(name)).Order(StringComparer.Ordinal)];
        WeightFormat format = Quantization.StoredFormat.Of(checkpoint);
        GemmaConfig text = config.Text;
        return new ModelReport
        {
            Model = checkpoint.Location,
            Config = config,
            Files = checkpoint.Files,
            Tensors = [.. layout.Select(entry => entry.Name).Concat(others).Select(Describe).OfType<ReportedTensor>()],
            MissingTensors = [.. layout.Select(entry => entry.Name).Where(name => !checkpoint.Names.Contains(name))],
            UnusedTensors = [.. others.Where(name => !needed.Any(weight => IsPartOf(name, weight)))],
            StoredFormat = format.ToString().ToLowerInvariant(),
            Parameters = ParameterCounts.Of(layout),
            MemoryBytes = WeightMemory.Of(layout, format),
            ImageTokens = config.Vision.PatchCount,
            // Keys and values of every layer, in float32.
            KvCacheBytesPerToken = 2L * text.LayerCount * text.KeyValueHeadCount * text.HeadSize * sizeof(float),
        };

        // Quantised matrices have tensors for their scales, named after the layer or the matrix.
        static bool IsPartOf(string name, string weight) =>
            weight.EndsWith(".weight", StringComparison.Ordinal)
            && name.AsSpan().StartsWith(weight.AsSpan(0, weight.Length - "weight".Length), StringComparison.Ordinal);

        ReportedTensor? Describe(string name) => checkpoint.TryDescribe(name, out TensorDeclaration tensor)
            ? new ReportedTensor(name, tensor.Type.ToString().ToLowerInvariant(), tensor.Shape)
            : null;
    }
}

/// <summary>A tensor of the checkpoint.</summary>
internal sealed record ReportedTensor(string Name, string Type, IReadOnlyList<long> Shape);

/// <summary>Elements of the model's tensors.</summary>
internal sealed record ParameterCounts(long VisionTower, long MultiModalProjector, long LanguageModel)
{
    public long Total => VisionTower + MultiModalProjector + LanguageModel;

    public static ParameterCounts Of(IReadOnlyList<LayoutEntry> layout) =>
        new(Sum(layout, "vision_tower."), Sum(layout, "multi_modal_projector."), Sum(layout, "language_model."));

    private static long Sum(IReadOnlyList<LayoutEntry> layout, string prefix) =>
        layout.Where(entry => entry.Name.StartsWith(prefix, StringComparison.Ordinal)).Sum(entry => entry.ElementCount);
}

/// <summary>Serialises the report.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ModelReport))]
internal sealed partial class ModelReportJson : JsonSerializerContext;
