using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using PaliGemma.Checkpoints;
using PaliGemma.Configuration;
using PaliGemma.Kernels.Formats;
using PaliGemma.Layers;

namespace PaliGemma.Quantization;

/// <summary>
/// How a quantised matrix is stored: several tensors whose names begin with the matrix's. 8-bit and the table-driven 4-bit formats are as bitsandbytes has
/// them (nn/modules.py, <c>Linear8bitLt</c>; functional.py, <c>QuantState.as_dict</c>), int4 is this library's own.
/// </summary>
internal static class QuantizedTensors
{
    /// <summary>Follows a matrix's name: its bfloat16 scales.</summary>
    private const string Int4Scales = ".int4_scales";
    private const string Absmax = ".absmax";
    private const string Map = ".quant_map";
    private const string NestedAbsmax = ".nested_absmax";
    private const string NestedMap = ".nested_quant_map";
    private const string State = ".quant_state.bitsandbytes__";

    /// <summary>Reads the matrix named <paramref name="name"/>, which ends in <c>.weight</c>, if it is a quantised one; only headers and scales of scales are read.</summary>
    /// <exception cref="ModelFileException">Its parts do not fit together.</exception>
    public static QuantizedWeight? Read(Checkpoint checkpoint, string name, int rows, int columns)
    {
        switch (FormatOf(checkpoint, name))
        {
            case WeightFormat.Int8:
                return ReadInt8(checkpoint, name, rows, columns);
            case WeightFormat.Int4:
                int blocks = Int4Matrix.BlocksPerRow(columns);
                return new QuantizedWeight(
                    WeightFormat.Int4,
                    rows,
                    columns,
                    Typed(checkpoint, name, ElementType.UInt8, rows, (long)blocks * Int4Matrix.BlockSize / 2).Data,
                    Typed(checkpoint, name + Int4Scales, ElementType.BFloat16, rows, blocks).Data);
            case WeightFormat format:
                return ReadBlocks(checkpoint, name, rows, columns, format, Present(checkpoint, name + State + Name(format)));
            default:
                return null;
        }
    }

    /// <summary>The format of the matrix named <paramref name="name"/>, by the tensors that stand beside it; null if it is not quantised.</summary>
    public static WeightFormat? FormatOf(Checkpoint checkpoint, string name) =>
        checkpoint.TryDescribe(ScaleName(name), out _) ? WeightFormat.Int8
        : checkpoint.TryDescribe(name + Int4Scales, out _) ? WeightFormat.Int4
        : checkpoint.TryDescribe(name + State + Name(WeightFormat.Nf4), out _) ? WeightFormat.Nf4
        : checkpoint.TryDescribe(name + State + Name(WeightFormat.Fp4), out _) ? WeightFormat.Fp4
        : null;

    /// <summary>The tensors that <paramref name="format"/> stores for a matrix, before it has been quantised.</summary>
    public static IEnumerable<TensorDeclaration> Declare(
        string name, int rows, int columns, WeightFormat format, bool doubleQuantized, string storedType)
    {
        long elements = (long)rows * columns;
        long blocks = (elements + 63) / 64;
        switch (format)
        {
            case WeightFormat.Int8:
                return
                [
                    new(name, ElementType.Int8, [rows, columns]), new(ScaleName(name), ElementType.Float32, [rows]), new(LayoutName(name), ElementType.UInt8, []),
                ];
            case WeightFormat.Int4:
                int perRow = Int4Matrix.BlocksPerRow(columns);
                return
                [
                    new(name, ElementType.UInt8, [rows, (long)perRow * Int4Matrix.BlockSize / 2]),
                    new(name + Int4Scales, ElementType.BFloat16, [rows, perRow]),
                ];
            default:
                List<TensorDeclaration> tensors =
                [
                    new(name, ElementType.UInt8, [(elements + 1) / 2, 1]),
                    new(name + Absmax, doubleQuantized ? ElementType.UInt8 : ElementType.Float32, [blocks]),
                    new(name + Map, ElementType.Float32, [16]),
                ];
                if (doubleQuantized)
                {
                    tensors.Add(new(name + NestedAbsmax, ElementType.Float32, [(blocks + NestedScales.BlockSize - 1) / NestedScales.BlockSize]));
                    tensors.Add(new(name + NestedMap, ElementType.Float32, [256]));
                }
                // The offset is not known yet; its text is filled up to a fixed length.
                int length = StateText(format, rows, columns, storedType, doubleQuantized ? 0 : null).Length;
                tensors.Add(new(name + State + Name(format), ElementType.UInt8, [length]));
                return tensors;
        }
    }

    /// <summary>Hands the parts of <paramref name="weight"/> to <paramref name="write"/>, in pieces: tensor, first byte, bytes.</summary>
    public static void Write(string name, QuantizedWeight weight, string storedType, Action<string, long, ReadOnlySpan<byte>> write)
    {
        WriteRegion(name, weight.Codes, write);
        switch (weight.Format)
        {
            case WeightFormat.Int8:
                WriteRegion(ScaleName(name), weight.Scales, write);
                write(LayoutName(name), 0, [0]);
                return;
            case WeightFormat.Int4:
                WriteRegion(name + Int4Scales, weight.Scales, write);
                return;
        }
        WriteRegion(name + Absmax, weight.Scales, write);
        write(name + Map, 0, MemoryMarshal.AsBytes(weight.Format == WeightFormat.Nf4 ? Nf4Matrix.Values : Fp4Matrix.Values));
        if (weight.Nested is not null)
        {
            write(name + NestedAbsmax, 0, MemoryMarshal.AsBytes<float>(weight.Nested.Absmax));
            write(name + NestedMap, 0, MemoryMarshal.AsBytes<float>(weight.Nested.Map));
        }
        write(name + State + Name(weight.Format), 0, StateText(weight.Format, weight.Rows, weight.Columns, storedType, weight.Nested?.Offset));
    }

    private static void WriteRegion(string name, Kernels.MemoryRegion region, Action<string, long, ReadOnlySpan<byte>> write)
    {
        const int Piece = 1 << 26;
        for (long start = 0; start < region.Length; start += Piece)
        {
            write(name, start, region.Span<byte>(start, (int)Math.Min(Piece, region.Length - start)));
        }
    }

    private static string Name(WeightFormat format) => format == WeightFormat.Nf4 ? "nf4" : "fp4";

    /// <summary>Linear8bitLt keeps these beside the weight: <c>prefix.SCB</c>, <c>prefix.weight_format</c>.</summary>
    private static string ScaleName(string name) => name[..^"weight".Length] + "SCB";

    private static string LayoutName(string name) => name + "_format";

    private static QuantizedWeight ReadInt8(Checkpoint checkpoint, string name, int rows, int columns)
    {
        if (checkpoint.TryGet(LayoutName(name), out StoredTensor layout) && !(layout.Data.Length == 1 && layout.Data.Span<byte>(0, 1)[0] == 0))
        {
            throw new ModelFileException(
                $"{checkpoint.Location}: tensor {layout.Name} says that the weights are rearranged for a graphics card; expected 0, for row by row.");
        }
        return new QuantizedWeight(
            WeightFormat.Int8,
            rows,
            columns,
            Typed(checkpoint, name, ElementType.Int8, rows, columns).Data,
            Typed(checkpoint, ScaleName(name), ElementType.Float32, rows).Data);
    }

    private static QuantizedWeight ReadBlocks(
        Checkpoint checkpoint, string name, int rows, int columns, WeightFormat format, StoredTensor stateTensor)
    {
        BlockState state = ParseState(checkpoint, stateTensor, rows, columns, format);
        long elements = (long)rows * columns;
        long blocks = (elements + state.BlockSize - 1) / state.BlockSize;
        // The codes may be declared as elements of any type, for the sake of sharding; only their bytes count.
        StoredTensor codes = Present(checkpoint, name);
        if (codes.Data.Length != (elements + 1) / 2)
        {
            throw new ModelFileException(
                $"{checkpoint.Location}: tensor {name} has {codes.Data.Length} bytes; [{rows}, {columns}] in 4 bits take {(elements + 1) / 2}.");
        }
        ReadOnlySpan<float> values = format == WeightFormat.Nf4 ? Nf4Matrix.Values : Fp4Matrix.Values;
        float[] map = Floats(checkpoint, name + Map, 16);
        for (int i = 0; i < map.Length; i++)
        {
            if (!(Math.Abs(map[i] - values[i]) < 1e-5f))
            {
                throw new ModelFileException(
                    $"{checkpoint.Location}: tensor {name}{Map} has {map[i].ToString(CultureInfo.InvariantCulture)} for code {i}; "
                    + $"{Name(format)} has {values[i].ToString(CultureInfo.InvariantCulture)}.");
            }
        }
        if (state.NestedBlockSize is null)
        {
            return new QuantizedWeight(
                format, rows, columns, codes.Data, Typed(checkpoint, name + Absmax, ElementType.Float32, blocks).Data, state.BlockSize);
        }
        return new QuantizedWeight(
            format,
            rows,
            columns,
            codes.Data,
            Typed(checkpoint, name + Absmax, ElementType.UInt8, blocks).Data,
            state.BlockSize,
            new NestedStatistics(
                Floats(checkpoint, name + NestedMap, 256),
                Floats(checkpoint, name + NestedAbsmax, (int)((blocks + NestedScales.BlockSize - 1) / NestedScales.BlockSize)),
                state.Offset));
    }

    private static BlockState ParseState(Checkpoint checkpoint, StoredTensor tensor, int rows, int columns, WeightFormat format)
    {
        const int LongestState = 1 << 16;
        string file = $"{checkpoint.Location}: tensor {tensor.Name}";
        if (tensor.Data.Length > LongestState)
        {
            throw new ModelFileException($"{file} is {tensor.Data.Length} bytes long; expected a text of at most {LongestState}.");
        }
        try
        {
            using JsonDocument document = JsonDocument.Parse(tensor.Data.Span<byte>(0, (int)tensor.Data.Length).ToArray());
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw new ModelFileException($"{file} holds {document.RootElement.ValueKind}; expected an object.");
            }
            JsonFields fields = new(document.RootElement, file);
            if (fields.Text("quant_type") is string type && type != Name(format))
            {
                throw fields.Wrong("quant_type", $"is \"{type}\"", $"expected \"{Name(format)}\", as the tensor's name says");
            }
            if (!document.RootElement.TryGetProperty("shape", out JsonElement shape)
                || shape.ValueKind != JsonValueKind.Array
                || !shape.EnumerateArray().Select(extent => extent.ValueKind == JsonValueKind.Number && extent.TryGetInt32(out int value) ? value : -1)
                    .SequenceEqual([rows, columns]))
            {
                throw fields.Wrong("shape", "is another or missing", $"expected [{rows}, {columns}]");
            }
            int block = fields.Integer("blocksize", 2, 1 << 16, 64);
            if (block % 2 != 0)
            {
                throw fields.Wrong("blocksize", $"is {block}", "expected an even number");
            }
            bool nested = document.RootElement.TryGetProperty("nested_offset", out JsonElement offset);
            if (!nested)
            {
                return new BlockState(block, null, 0);
            }
            if (offset.ValueKind != JsonValueKind.Number || !offset.TryGetSingle(out float value) || !float.IsFinite(value))
            {
                throw fields.Wrong("nested_offset", "is not a number", "expected one");
            }
            return new BlockState(block, fields.Integer("nested_blocksize", NestedScales.BlockSize, NestedScales.BlockSize, NestedScales.BlockSize), value);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw new ModelFileException($"{file} is not the JSON text of a quantisation state.", error);
        }
    }

    /// <summary>The text as Python's json writes it; spaces at the end make room for an offset of any length.</summary>
    private static byte[] StateText(WeightFormat format, int rows, int columns, string storedType, float? offset)
    {
        const int LongestNumber = 24;
        StringBuilder text = new();
        text.Append(
            CultureInfo.InvariantCulture,
            $"{{\"quant_type\": \"{Name(format)}\", \"blocksize\": 64, \"dtype\": \"{storedType}\", \"shape\": [{rows}, {columns}]");
        int padding = 0;
        if (offset is float value)
        {
            // Written as the double it is, because Python reads doubles.
            string number = ((double)value).ToString("R", CultureInfo.InvariantCulture);
            text.Append(
                CultureInfo.InvariantCulture,
                $", \"nested_blocksize\": {NestedScales.BlockSize}, \"nested_dtype\": \"float32\", \"nested_offset\": {number}");
            padding = LongestNumber - number.Length;
        }
        return Encoding.UTF8.GetBytes(text.Append('}').Append(' ', padding).ToString());
    }

    private static StoredTensor Present(Checkpoint checkpoint, string name) => checkpoint.TryGet(name, out StoredTensor tensor)
        ? tensor
        : throw new ModelFileException($"{checkpoint.Location} has no tensor {name}, which a quantised matrix needs.");

    private static StoredTensor Typed(Checkpoint checkpoint, string name, ElementType type, params ReadOnlySpan<long> shape)
    {
        StoredTensor tensor = checkpoint.Get(name, shape);
        return tensor.Type == type
            ? tensor
            : throw new ModelFileException($"{checkpoint.Location}: tensor {name} has the element type {tensor.Type}; expected {type}.");
    }

    private static float[] Floats(Checkpoint checkpoint, string name, int count)
    {
        float[] values = Typed(checkpoint, name, ElementType.Float32, count).Data.Span<float>(0, count).ToArray();
        return values.All(float.IsFinite) ? values : throw new ModelFileException($"{checkpoint.Location}: tensor {name} has values that are not finite.");
    }

    /// <summary>What a quantisation state's text says.</summary>
    private readonly record struct BlockState(int BlockSize, int? NestedBlockSize, float Offset);
}
