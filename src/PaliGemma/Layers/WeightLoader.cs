using PaliGemma.Checkpoints;
using PaliGemma.Kernels;
using PaliGemma.Kernels.Formats;
using PaliGemma.Quantization;

namespace PaliGemma.Layers;

/// <summary>
/// Turns the tensors of a checkpoint into weights: in place where the stored format is the wanted one, else converted into memory of its
/// own, one tensor at a time. Owns that memory and the checkpoint.
/// </summary>
internal sealed class WeightLoader(Checkpoint checkpoint, WeightFormat format, bool quantizeHead, IProgress<LoadProgress>? progress) : IDisposable
{
    /// <summary>Elements converted at a time: the only float32 copy that a conversion makes.</summary>
    private const int ConversionChunk = 1 << 16;

    private readonly List<NativeBuffer> _owned = [];
    private int _loaded;

    /// <summary>
    /// The matrix [rows, columns] named <paramref name="name"/>; extents of <paramref name="storedShape"/> after the first are flattened.
    /// </summary>
    public WeightMatrix Matrix(string name, int rows, int columns, params ReadOnlySpan<long> storedShape)
    {
        StoredTensor tensor = checkpoint.Get(name, storedShape.IsEmpty ? [rows, columns] : storedShape);
        return Dense(tensor, Wanted(FloatingPoint(tensor)), rows, columns);
    }

    /// <summary>
    /// The table of embeddings and head [rows, columns]: quantised where it is stored so, or where that is asked for with the layers; else in 16 bits where these are
    /// quantised.
    /// </summary>
    public WeightMatrix Table(string name, int rows, int columns)
    {
        if (quantizeHead || !IsQuantized(format) || QuantizedTensors.FormatOf(checkpoint, name) is not null)
        {
            return LayerMatrix(name, rows, columns);
        }
        StoredTensor tensor = checkpoint.Get(name, rows, columns);
        ElementType wanted = FloatingPoint(tensor) == ElementType.Float16 ? ElementType.Float16 : ElementType.BFloat16;
        return Dense(tensor, wanted, rows, columns);
    }

    /// <summary>The vector (or small table, flattened) named <paramref name="name"/>, converted to float32.</summary>
    public float[] Vector(string name, params ReadOnlySpan<long> shape)
    {
        StoredTensor tensor = checkpoint.Get(name, shape);
        long count = 1;
        foreach (long extent in tensor.Shape)
        {
            count *= extent;
        }
        float[] result = new float[count];
        ElementType type = FloatingPoint(tensor);
        // Rounded as the matrices are, so that converting here gives the model that a checkpoint of that precision holds.
        ElementType wanted = Wanted(type);
        MemoryRegion data = wanted == type ? tensor.Data : Convert(tensor, wanted);
        ElementConversion.ToFloat32(wanted, data, 0, result);
        checkpoint.Release(tensor);
        Report(name);
        return result;
    }

    /// <summary>The layer whose tensors are <c>prefix.weight</c> and, if <paramref name="bias"/>, <c>prefix.bias</c>.</summary>
    public Linear Linear(string prefix, int outputSize, int inputSize, bool bias) =>
        new(LayerMatrix(prefix + ".weight", outputSize, inputSize), bias ? Vector(prefix + ".bias", outputSize) : null);

    public void Dispose()
    {
        foreach (NativeBuffer buffer in _owned)
        {
            buffer.Dispose();
        }
        checkpoint.Dispose();
    }

    private static bool IsQuantized(WeightFormat format) => format is WeightFormat.Int8 or WeightFormat.Nf4 or WeightFormat.Fp4 or WeightFormat.Int4;

    private WeightMatrix LayerMatrix(string name, int rows, int columns)
    {
        if (QuantizedTensors.Read(checkpoint, name, rows, columns) is QuantizedWeight stored)
        {
            if (format != WeightFormat.Auto && format != stored.Format)
            {
                throw new ModelFileException(
                    $"{checkpoint.Location}: tensor {name} is stored as {stored.Format}, which can not become {format}; load it as it is, or start from the weights "
                    + "that it was made of.");
            }
            Report(name);
            return stored.ToMatrix();
        }
        return IsQuantized(format) ? Quantize(checkpoint.Get(name, rows, columns), rows, columns) : Matrix(name, rows, columns);
    }

    private WeightMatrix Dense(StoredTensor tensor, ElementType wanted, int rows, int columns)
    {
        MemoryRegion data = wanted == tensor.Type ? tensor.Data : Convert(tensor, wanted);
        Report(tensor.Name);
        return wanted switch
        {
            ElementType.Float32 => new Float32Matrix(data, rows, columns),
            ElementType.BFloat16 => new BFloat16Matrix(data, rows, columns),
            _ => new Float16Matrix(data, rows, columns),
        };
    }

    private WeightMatrix Quantize(StoredTensor tensor, int rows, int columns)
    {
        FloatingPoint(tensor);
        WeightMatrix matrix = WeightQuantizer.Quantize(tensor, rows, columns, format, doubleQuantized: false, Allocate).ToMatrix();
        checkpoint.Release(tensor);
        Report(tensor.Name);
        return matrix;
    }

    private NativeBuffer Allocate(long length)
    {
        NativeBuffer buffer = new(length);
        _owned.Add(buffer);
        return buffer;
    }

    private ElementType Wanted(ElementType stored) => format switch
    {
        WeightFormat.Float32 => ElementType.Float32,
        WeightFormat.BFloat16 => ElementType.BFloat16,
        WeightFormat.Float16 => ElementType.Float16,
        _ => stored == ElementType.Float64 ? ElementType.Float32 : stored, // No kernel computes in float64.
    };

    private ElementType FloatingPoint(StoredTensor tensor) => tensor.Type switch
    {
        ElementType.Float32 or ElementType.BFloat16 or ElementType.Float16 or ElementType.Float64 => tensor.Type,
        _ => throw new ModelFileException(
            $"{checkpoint.Location}: tensor {tensor.Name} has the element type {tensor.Type}; expected a floating-point type."),
    };

    /// <summary>Converts into memory of our own; what the checkpoint held of the tensor in memory has served then.</summary>
    private MemoryRegion Convert(StoredTensor tensor, ElementType wanted)
    {
        long count = tensor.Data.Length / ElementConversion.Size(tensor.Type);
        int size = ElementConversion.Size(wanted);
        NativeBuffer buffer = Allocate(count * size);
        float[] chunk = new float[ConversionChunk];
        for (long start = 0; start < count; start += ConversionChunk)
        {
            Span<float> values = chunk.AsSpan(0, (int)Math.Min(ConversionChunk, count - start));
            ElementConversion.ToFloat32(tensor.Type, tensor.Data, start, values);
            ElementConversion.FromFloat32(values, wanted, buffer.Span<byte>(start * size, values.Length * size));
        }
        checkpoint.Release(tensor);
        return buffer.Region;
    }

    private void Report(string name) => progress?.Report(new LoadProgress(++_loaded, checkpoint.Names.Count, name));
}
