using System.Runtime.InteropServices;
using PaliGemma.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace PaliGemma.Training.Layers;

/// <summary>The way between the tensors of files and those of libtorch.</summary>
internal static class StoredTensors
{
    /// <summary>Elements converted at a time: a span over a whole tensor may not exist.</summary>
    private const int Chunk = 1 << 20;

    /// <summary>Copies a stored tensor into memory of libtorch, as float32.</summary>
    /// <exception cref="ModelFileException">Its elements are no floating-point numbers.</exception>
    public static Tensor ToTensor(StoredTensor stored, string location)
    {
        if (stored.Type is not (ElementType.Float32 or ElementType.BFloat16 or ElementType.Float16 or ElementType.Float64))
        {
            throw new ModelFileException($"{location}: tensor {stored.Name} has the element type {stored.Type}; expected a floating-point type.");
        }
        Tensor tensor = empty([.. stored.Shape], ScalarType.Float32);
        Read(stored, tensor);
        return tensor;
    }

    /// <summary>Fills a contiguous float32 tensor on any device.</summary>
    public static void Read(StoredTensor stored, Tensor tensor)
    {
        using var scope = NewDisposeScope();
        Tensor here = tensor.detach().cpu(); // The tensor itself where it lies on the CPU.
        ForChunks(here, (start, values) => ElementConversion.ToFloat32(stored.Type, stored.Data, start, values));
        if (tensor.device_type != DeviceType.CPU)
        {
            using IDisposable untracked = no_grad();
            tensor.copy_(here);
        }
    }

    /// <summary>Hands the elements of a float32 tensor over in pieces, as bytes of another type.</summary>
    /// <param name="tensor">Contiguous, on any device.</param>
    /// <param name="type">Float32, BFloat16 or Float16.</param>
    /// <param name="write">Is given where a piece starts, in bytes, and the piece.</param>
    public static void Write(Tensor tensor, ElementType type, PieceWriter write)
    {
        using var scope = NewDisposeScope();
        Tensor here = tensor.detach().cpu();
        int size = ElementConversion.Size(type);
        byte[] bytes = new byte[Chunk * size];
        ForChunks(here, (start, values) =>
        {
            Span<byte> piece = bytes.AsSpan(0, values.Length * size);
            ElementConversion.FromFloat32(values, type, piece);
            write(start * size, piece);
        });
    }

    private static void ForChunks(Tensor tensor, ChunkAction action)
    {
        // The scope keeps what is made on the way alive: nothing else does while native code reads it.
        using var scope = NewDisposeScope();
        Tensor flat = tensor.detach().view(-1);
        long count = flat.numel();
        for (long start = 0; start < count; start += Chunk)
        {
            using Tensor part = flat.narrow(0, start, Math.Min(Chunk, count - start));
            action(start, MemoryMarshal.Cast<byte, float>(part.bytes));
        }
    }

    /// <summary>Receives the bytes of a tensor from byte <paramref name="start"/> on.</summary>
    internal delegate void PieceWriter(long start, ReadOnlySpan<byte> bytes);

    /// <summary>Reads or fills the elements of a tensor from element <paramref name="start"/> on.</summary>
    private delegate void ChunkAction(long start, Span<float> values);
}
