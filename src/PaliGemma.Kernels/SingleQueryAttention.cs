using PaliGemma.Kernels.Formats;
using PaliGemma.Kernels.Products;
using PaliGemma.Kernels.Simd;

namespace PaliGemma.Kernels;

/// <summary>
/// Attention of one token, the decoding step: the cache is read once. Its keys are cut into parts, each with a softmax of its own, which are then joined,
/// so that one key/value head keeps all threads busy.
/// </summary>
internal static unsafe class SingleQueryAttention
{
    /// <summary>Keys per part.</summary>
    private const int PartKeys = 64;

    public static void Run(AttentionShape shape, float* query, float* keys, float* values, VisibleRange visible, float* output, WorkerPool pool)
    {
        int parts = (visible.End - visible.First + PartKeys - 1) / PartKeys;
        int group = shape.GroupSize;
        // Per part and head: the outputs, their maximum and their total.
        int stride = group * (shape.HeadSize + 2);
        float* partial = Scratch.Floats(Scratch.Purpose.Activations, (long)parts * shape.KeyValueHeads * stride);
        pool.For(parts * shape.KeyValueHeads, task =>
        {
            int head = task / parts;
            int first = visible.First + (task % parts * PartKeys);
            int count = Math.Min(PartKeys, visible.End - first);
            Part(shape, query, keys, values, head, first, count, partial + ((long)task * stride));
        });
        for (int head = 0; head < shape.Heads; head++)
        {
            Join(shape, partial + ((long)(head / group) * parts * stride), parts, stride, head % group, output + (head * shape.HeadSize));
        }
    }

    private static void Part(AttentionShape shape, float* query, float* keys, float* values, int head, int first, int count, float* result)
    {
        int size = shape.HeadSize;
        int group = shape.GroupSize;
        nint stride = (nint)shape.KeyValueHeads * size;
        float* queries = query + ((long)head * group * size);
        float* key = keys + (first * stride) + (head * size);
        float* value = values + (first * stride) + (head * size);
        float* scores = stackalloc float[PartKeys];
        for (int h = 0; h < group; h++)
        {
            float* sums = result + (h * size);
            float maximum = float.NegativeInfinity;
            for (int i = 0; i < count; i++)
            {
                DotProduct.Rows<Float32Element, float>(key + (i * stride), size, 1, queries + (h * size), 1, scores + i, 1);
                scores[i] *= shape.Scale;
                if (shape.SoftCap != 0)
                {
                    scores[i] = shape.SoftCap * MathF.Tanh(scores[i] / shape.SoftCap);
                }
                maximum = Math.Max(maximum, scores[i]);
            }
            new Span<float>(sums, size).Clear();
            float total = 0;
            for (int i = 0; i < count; i++)
            {
                float weight = MathF.Exp(scores[i] - maximum);
                total += weight;
                Elementwise.Run<WeightedSum>(sums, value + (i * stride), size, weight);
            }
            result[(group * size) + (2 * h)] = maximum;
            result[(group * size) + (2 * h) + 1] = total;
        }
    }

    private static void Join(AttentionShape shape, float* partial, int parts, int stride, int head, float* output)
    {
        int size = shape.HeadSize;
        int statistics = (shape.GroupSize * size) + (2 * head);
        float maximum = float.NegativeInfinity;
        for (int part = 0; part < parts; part++)
        {
            maximum = Math.Max(maximum, partial[(part * stride) + statistics]);
        }
        float total = 0;
        for (int part = 0; part < parts; part++)
        {
            total += partial[(part * stride) + statistics + 1] * MathF.Exp(partial[(part * stride) + statistics] - maximum);
        }
        new Span<float>(output, size).Clear();
        for (int part = 0; part < parts; part++)
        {
            float weight = MathF.Exp(partial[(part * stride) + statistics] - maximum) / total;
            Elementwise.Run<WeightedSum>(output, partial + (part * stride) + (head * size), size, weight);
        }
    }

    private readonly struct WeightedSum : IElementwise
    {
        public static TVector Apply<TLanes, TVector>(TVector x, TVector y, TVector parameter)
            where TLanes : ILanes<TVector>
            where TVector : unmanaged => TLanes.MultiplyAdd(y, parameter, x);
    }
}
