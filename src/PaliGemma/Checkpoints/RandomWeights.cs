using System.IO.Hashing;
using System.Runtime.ExceptionServices;
using System.Text;

namespace PaliGemma.Checkpoints;

/// <summary>
/// Weights of a model that was never trained, drawn such that activations stay near 1 through all its layers: projections and embeddings
/// have a standard deviation of 1/sqrt(inputs), as in the reference's initialisation (big_vision, models/ppp/gemma.py), norms are nearly
/// neutral, and biases are small.
/// </summary>
/// <remarks>
/// Every element is a function of the seed, the tensor's name and the element's place, so the order of the work and the number of threads
/// do not matter.
/// </remarks>
/// <param name="seed">Different seeds give different weights.</param>
public sealed class RandomWeights(ulong seed)
{
    /// <summary>Elements drawn and written at a time.</summary>
    private const int Chunk = 1 << 18;

    private const double SmallDeviation = 0.02;

    /// <summary>
    /// Four uniform numbers in 0 … 65535 add up to this mean; divided by the deviation of their sum, sqrt(4 · (65536² - 1) / 12), they are
    /// a number that is normal to within 2 % of the density, and never beyond 3.5.
    /// </summary>
    private const int SumMean = 2 * 65535;

    private static readonly double SumDeviation = Math.Sqrt(4 * ((65536.0 * 65536.0) - 1) / 12);

    /// <summary>Draws all tensors of <paramref name="layout"/> and writes them, on all processors.</summary>
    /// <param name="layout">The tensors.</param>
    /// <param name="type">The element type: Float32, BFloat16 or Float16.</param>
    /// <param name="writer">Has all of them declared.</param>
    /// <param name="progress">Is told the part that is done, 0 … 1, from any thread.</param>
    /// <param name="cancellation">Stops the work between pieces.</param>
    public void Write(
        IReadOnlyList<LayoutEntry> layout,
        ElementType type,
        ShardedSafetensorsWriter writer,
        Action<double>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(layout);
        ArgumentNullException.ThrowIfNull(writer);
        int size = ElementConversion.Size(type);
        List<(LayoutEntry Tensor, ulong Key, long Start, int Count)> pieces = [];
        foreach (LayoutEntry tensor in layout)
        {
            long count = tensor.ElementCount;
            for (long start = 0; start < count; start += Chunk)
            {
                pieces.Add((tensor, Key(tensor.Name), start, (int)Math.Min(Chunk, count - start)));
            }
        }
        int done = 0;
        try
        {
            Parallel.ForEach(
                pieces,
                new ParallelOptions { CancellationToken = cancellation, MaxDegreeOfParallelism = Environment.ProcessorCount },
                () => (Values: new float[Chunk], Bytes: new byte[Chunk * size]),
                (piece, _, buffers) =>
                {
                    Span<float> values = buffers.Values.AsSpan(0, piece.Count);
                    Span<byte> bytes = buffers.Bytes.AsSpan(0, piece.Count * size);
                    (double mean, double deviation) = Distribution(piece.Tensor);
                    Fill(piece.Key, piece.Start, mean, deviation, values);
                    ElementConversion.FromFloat32(values, type, bytes);
                    writer.Write(piece.Tensor.Name, piece.Start * size, bytes);
                    progress?.Invoke((double)Interlocked.Increment(ref done) / pieces.Count);
                    return buffers;
                },
                _ => { });
        }
        catch (AggregateException error)
        {
            // What went wrong first, as if there were one thread.
            ExceptionDispatchInfo.Throw(error.InnerExceptions[0]);
        }
    }

    private static (double Mean, double Deviation) Distribution(LayoutEntry tensor)
    {
        switch (tensor.Role)
        {
            case TensorRole.LayerNormWeight:
                return (1, 0);
            case TensorRole.LayerNormBias:
                return (0, 0);
            case TensorRole.RmsNormWeight or TensorRole.Bias:
                return (0, SmallDeviation);
            default:
                long inputs = TensorShape.ElementCount([.. tensor.Shape.Skip(1)])!.Value;
                return (0, 1 / Math.Sqrt(inputs));
        }
    }

    private ulong Key(string name) => XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(name), (long)seed);

    private static void Fill(ulong key, long start, double mean, double deviation, Span<float> values)
    {
        float scale = (float)(deviation / SumDeviation);
        float offset = (float)mean;
        ulong counter = key + ((ulong)start * SplitMix64.Step);
        for (int i = 0; i < values.Length; i++)
        {
            ulong bits = SplitMix64.Mix(counter);
            int sum = (int)(bits & 0xFFFF) + (int)((bits >> 16) & 0xFFFF) + (int)((bits >> 32) & 0xFFFF) + (int)(bits >> 48);
            values[i] = offset + (scale * (sum - SumMean));
            counter += SplitMix64.Step;
        }
    }
}
