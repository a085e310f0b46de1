using System.Text.Json;
using PaliGemma.Checkpoints;
using PaliGemma.Configuration;
using PaliGemma.Kernels;
using PaliGemma.Layers;

namespace PaliGemma.Quantization;

/// <summary>
/// Writes a model folder whose linear layers are quantised: in bitsandbytes' layout, or for int4 in this library's own. The table of embeddings becomes bfloat16
/// if it was float32; everything else stays as it is stored.
/// </summary>
public static class FolderQuantizer
{
    private const string TableName = "language_model.model.embed_tokens.weight";
    private const int CopyPiece = 1 << 24;

    /// <summary>Quantises the model in <paramref name="source"/> into <paramref name="destination"/>, one tensor at a time.</summary>
    /// <param name="source">A folder with config.json and safetensors.</param>
    /// <param name="destination">A folder that exists and is empty.</param>
    /// <param name="format">Int8, Nf4, Fp4 or Int4.</param>
    /// <param name="doubleQuantized">Nf4 and Fp4: whether to quantise the scales too, which saves 0.37 bits per weight.</param>
    /// <param name="progress">Is told the part that is done, 0 … 1.</param>
    /// <param name="cancellation">Stops the work; what has been written must then be removed.</param>
    /// <returns>Bytes of the tensors written.</returns>
    /// <exception cref="ModelFileException">The source is not a model in floating point.</exception>
    public static long Quantize(
        string source,
        string destination,
        WeightFormat format,
        bool doubleQuantized,
        Action<double>? progress = null,
        CancellationToken cancellation = default)
    {
        if (format is not (WeightFormat.Int8 or WeightFormat.Nf4 or WeightFormat.Fp4 or WeightFormat.Int4))
        {
            throw new ArgumentException($"{format} is not a quantised format.", nameof(format));
        }
        if (doubleQuantized && format is not (WeightFormat.Nf4 or WeightFormat.Fp4))
        {
            throw new ArgumentException($"Only the scales of nf4 and fp4 can be quantised, not those of {format}.", nameof(doubleQuantized));
        }
        PaliGemmaConfig config = PaliGemmaConfig.Load(source);
        using Checkpoint checkpoint = Checkpoint.Open(source);
        List<(LayoutEntry Entry, StoredTensor Tensor, TensorDeclaration[] Declared)> plan =
            [.. TensorLayout.Of(config).Select(entry => Plan(checkpoint, entry, format, doubleQuantized))];
        using ShardedSafetensorsWriter writer = new(destination, [.. plan.SelectMany(item => item.Declared)]);
        long total = plan.Sum(item => item.Tensor.Data.Length);
        long done = 0;
        foreach ((LayoutEntry entry, StoredTensor tensor, TensorDeclaration[] declared) in plan)
        {
            cancellation.ThrowIfCancellationRequested();
            if (IsLinear(entry))
            {
                WriteQuantized(entry, tensor, format, doubleQuantized, writer, cancellation);
            }
            else
            {
                Copy(tensor, declared[0].Type, entry.Name, writer, cancellation);
            }
            done += tensor.Data.Length;
            progress?.Invoke((double)done / total);
        }
        CopyOtherFiles(source, destination);
        WriteConfig(source, destination, format, doubleQuantized);
        writer.Commit();
        return plan.Sum(item => item.Declared.Sum(tensor => tensor.ByteLength));
    }

    private static bool IsLinear(LayoutEntry entry) => entry is { Role: TensorRole.Projection, Shape.Count: 2 };

    private static (LayoutEntry Entry, StoredTensor Tensor, TensorDeclaration[] Declared) Plan(
        Checkpoint checkpoint, LayoutEntry entry, WeightFormat format, bool doubleQuantized)
    {
        StoredTensor tensor = checkpoint.Get(entry.Name, [.. entry.Shape]);
        if (tensor.Type is not (ElementType.Float32 or ElementType.BFloat16 or ElementType.Float16))
        {
            throw new ModelFileException(
                $"{checkpoint.Location}: tensor {entry.Name} has the element type {tensor.Type}; expected Float32, BFloat16 or Float16.");
        }
        if (IsLinear(entry))
        {
            return (entry, tensor,
                [.. QuantizedTensors.Declare(entry.Name, (int)entry.Shape[0], (int)entry.Shape[1], format, doubleQuantized, TypeName(tensor))]);
        }
        ElementType type = entry.Name == TableName && tensor.Type == ElementType.Float32 ? ElementType.BFloat16 : tensor.Type;
        return (entry, tensor, [new TensorDeclaration(entry.Name, type, entry.Shape)]);
    }

    private static string TypeName(StoredTensor tensor) => tensor.Type.ToString().ToLowerInvariant();

    private static void WriteQuantized(
        LayoutEntry entry,
        StoredTensor tensor,
        WeightFormat format,
        bool doubleQuantized,
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
                format,
                doubleQuantized,
                length =>
                {
                    buffers.Add(new NativeBuffer(length));
                    return buffers[^1];
                },
                cancellation);
            QuantizedTensors.Write(entry.Name, weight, TypeName(tensor), writer.Write);
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

    /// <summary>Tokenizer, processor and whatever else stands beside the weights.</summary>
    private static void CopyOtherFiles(string source, string destination)
    {
        foreach (string path in Directory.EnumerateFiles(source))
        {
            string name = Path.GetFileName(path);
            bool weights = name == "config.json" || name.EndsWith(".safetensors", StringComparison.Ordinal)
                || name.EndsWith(".index.json", StringComparison.Ordinal) || Path.GetExtension(name) is ".bin" or ".npz" or ".pt";
            if (!weights)
            {
                File.Copy(path, Path.Combine(destination, name));
            }
        }
    }

    private static void WriteConfig(string source, string destination, WeightFormat format, bool doubleQuantized)
    {
        const string Field = "quantization_config";
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(source, "config.json")), new JsonDocumentOptions
        {
            CommentHandling = JsonCommentHandling.Skip,
        });
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
        if (format == WeightFormat.Int4)
        {
            json.WriteString("quant_method", "paligemma-int4");
        }
        else
        {
            bool eight = format == WeightFormat.Int8;
            json.WriteString("bnb_4bit_quant_storage", "uint8");
            json.WriteString("bnb_4bit_quant_type", format == WeightFormat.Nf4 ? "nf4" : "fp4");
            json.WriteBoolean("bnb_4bit_use_double_quant", doubleQuantized);
            json.WriteNumber("llm_int8_threshold", 6.0);
            json.WriteBoolean("load_in_4bit", !eight);
            json.WriteBoolean("load_in_8bit", eight);
            json.WriteString("quant_method", "bitsandbytes");
        }
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
