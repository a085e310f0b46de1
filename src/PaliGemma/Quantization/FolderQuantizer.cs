using System.Text.Json;
using PaliGemma.Checkpoints;
using PaliGemma.Configuration;
using PaliGemma.Kernels;
using PaliGemma.Layers;

namespace PaliGemma.Quantization;

/// <summary>
/// Writes a model folder whose linear layers are quantised: in bitsandbytes' layout, or for int4 in this library's own. The table of embeddings becomes bfloat16
/// if it was float32, or is quantised if that is asked for; everything else stays as it is stored.
/// </summary>
public static class FolderQuantizer
{
    private const int CopyPiece = 1 << 24;

    /// <summary>What describes a model beside its configuration.</summary>
    private static readonly string[] Descriptions = ["generation_config.json", "preprocessor_config.json", "processor_config.json"];

    /// <summary>Quantises the model in <paramref name="source"/> into <paramref name="destination"/>, one tensor at a time.</summary>
    /// <param name="source">A folder with config.json and safetensors, or big_vision's .npz file, or the folder of one.</param>
    /// <param name="destination">A folder that exists and is empty.</param>
    /// <param name="options">The format.</param>
    /// <param name="progress">Is told the part that is done, 0 … 1.</param>
    /// <param name="cancellation">Stops the work; what has been written must then be removed.</param>
    /// <returns>Bytes of the tensors written.</returns>
    /// <exception cref="ModelFileException">The source is not a model in floating point, or has a head of its own.</exception>
    /// <exception cref="ArgumentException">The options do not go together.</exception>
    public static long Quantize(
        string source,
        string destination,
        QuantizationOptions options,
        Action<double>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        using Checkpoint checkpoint = Checkpoint.Open(source);
        PaliGemmaConfig config = checkpoint.LoadConfig();
        List<PlannedTensor> plan = [.. TensorLayout.Of(config).Select(entry => Plan(checkpoint, entry, options))];
        TiedHead.Require(checkpoint);
        // First: what cannot be copied is seen before the long work.
        CompanionFiles.Copy(checkpoint.Folder, destination);
        CompanionFiles.CopyPresent(Descriptions, checkpoint.Folder, destination);
        using ShardedSafetensorsWriter writer = new(destination, [.. plan.SelectMany(tensor => tensor.Written)]);
        long total = plan.Sum(tensor => tensor.Entry.ElementCount);
        long done = 0;
        foreach (PlannedTensor planned in plan)
        {
            cancellation.ThrowIfCancellationRequested();
            StoredTensor tensor = checkpoint.Get(planned.Entry.Name, [.. planned.Entry.Shape]);
            if (planned.IsQuantized)
            {
                WriteQuantized(planned.Entry, tensor, options, writer, cancellation);
            }
            else
            {
                Copy(tensor, planned.Written[0].Type, planned.Entry.Name, writer, cancellation);
            }
            checkpoint.Release(tensor);
            done += planned.Entry.ElementCount;
            progress?.Invoke((double)done / total);
        }
        WriteConfig(checkpoint.Folder, config, destination, options);
        writer.Commit();
        return plan.Sum(tensor => tensor.Written.Sum(written => written.ByteLength));
    }

    private static bool IsQuantized(LayoutEntry entry, QuantizationOptions options) =>
        entry is { Role: TensorRole.Projection, Shape.Count: 2 } || (options.QuantizeHead && entry.Role == TensorRole.TokenEmbedding);

    private static PlannedTensor Plan(Checkpoint checkpoint, LayoutEntry entry, QuantizationOptions options)
    {
        if (!checkpoint.TryDescribe(entry.Name, out TensorDeclaration stored))
        {
            throw new ModelFileException($"{checkpoint.Location} has no tensor {entry.Name}.");
        }
        if (stored.Type is not (ElementType.Float32 or ElementType.BFloat16 or ElementType.Float16))
        {
            throw new ModelFileException(
                $"{checkpoint.Location}: tensor {entry.Name} has the element type {stored.Type}; expected Float32, BFloat16 or Float16.");
        }
        if (IsQuantized(entry, options))
        {
            return new PlannedTensor(
                entry,
                true,
                [
                    .. QuantizedTensors.Declare(
                        entry.Name, (int)entry.Shape[0], (int)entry.Shape[1], options.Format, options.DoubleQuantized, TypeName(stored.Type)),
                ]);
        }
        bool narrowed = entry.Role == TensorRole.TokenEmbedding && stored.Type == ElementType.Float32;
        return new PlannedTensor(entry, false, [new TensorDeclaration(entry.Name, narrowed ? ElementType.BFloat16 : stored.Type, entry.Shape)]);
    }

    private static string TypeName(ElementType type) => type.ToString().ToLowerInvariant();

    private static void WriteQuantized(
        LayoutEntry entry,
        StoredTensor tensor,
        QuantizationOptions options,
        ShardedSafetensorsWriter writer,
        CancellationToken cancellation)
    {
        List<NativeBuffer> buffers = [];
        try
        {
            QuantizedWeight weight = WeightQuantizer.Quantize(
                tensor,
                (int)entry.Shape[0],
                (int)entry.Shape[1],
                options.Format,
                options.DoubleQuantized,
                length =>
                {
                    buffers.Add(new NativeBuffer(length));
                    return buffers[^1];
                },
                cancellation);
            QuantizedTensors.Write(entry.Name, weight, TypeName(tensor.Type), writer.Write);
        }
        finally
        {
            buffers.ForEach(buffer => buffer.Dispose());
        }
    }

    private static void Copy(StoredTensor tensor, ElementType type, string name, ShardedSafetensorsWriter writer, CancellationToken cancellation)
    {
        if (type == tensor.Type)
        {
            for (long start = 0; start < tensor.Data.Length; start += CopyPiece)
            {
                cancellation.ThrowIfCancellationRequested();
                writer.Write(name, start, tensor.Data.Span<byte>(start, (int)Math.Min(CopyPiece, tensor.Data.Length - start)));
            }
            return;
        }
        int size = ElementConversion.Size(type);
        long count = tensor.Data.Length / ElementConversion.Size(tensor.Type);
        float[] values = new float[CopyPiece / sizeof(float)];
        byte[] bytes = new byte[values.Length * size];
        for (long start = 0; start < count; start += values.Length)
        {
            cancellation.ThrowIfCancellationRequested();
            Span<float> some = values.AsSpan(0, (int)Math.Min(values.Length, count - start));
            ElementConversion.ToFloat32(tensor.Type, tensor.Data, start, some);
            ElementConversion.FromFloat32(some, type, bytes.AsSpan(0, some.Length * size));
            writer.Write(name, start * size, bytes.AsSpan(0, some.Length * size));
        }
    }

    /// <summary>The configuration as the source has it, or as it is known of an .npz file, with the quantisation added.</summary>
    private static void WriteConfig(string source, PaliGemmaConfig config, string destination, QuantizationOptions options)
    {
        const string Field = "quantization_config";
        string path = Path.Combine(source, "config.json");
        if (!File.Exists(path))
        {
            PaliGemmaConfigWriter.Write(destination, config);
            path = Path.Combine(destination, "config.json");
        }
        using JsonDocument document = JsonDocument.Parse(
            File.ReadAllBytes(path), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip });
        using FileStream stream = File.Create(Path.Combine(destination, "config.json"));
        using Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" });
        json.WriteStartObject();
        foreach (JsonProperty property in document.RootElement.EnumerateObject())
        {
            if (property.Name != Field)
            {
                property.WriteTo(json);
            }
        }
        json.WriteStartObject(Field);
        if (options.Format == WeightFormat.Int4)
        {
            json.WriteString("quant_method", "paligemma-int4");
        }
        else
        {
            bool eight = options.Format == WeightFormat.Int8;
            json.WriteString("bnb_4bit_quant_storage", "uint8");
            json.WriteString("bnb_4bit_quant_type", options.Format == WeightFormat.Nf4 ? "nf4" : "fp4");
            json.WriteBoolean("bnb_4bit_use_double_quant", options.DoubleQuantized);
            json.WriteNumber("llm_int8_threshold", 6.0);
            json.WriteBoolean("load_in_4bit", !eight);
            json.WriteBoolean("load_in_8bit", eight);
            json.WriteString("quant_method", "bitsandbytes");
        }
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <param name="Entry">The tensor of the model.</param>
    /// <param name="IsQuantized">Whether it is quantised.</param>
    /// <param name="Written">What is written for it.</param>
    private sealed record PlannedTensor(LayoutEntry Entry, bool IsQuantized, TensorDeclaration[] Written);
}
