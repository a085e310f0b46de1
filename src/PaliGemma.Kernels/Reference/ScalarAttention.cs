namespace PaliGemma.Kernels.Reference;

/// <summary>The scalar twin of <see cref="Attention"/>: all scores of a query at once, in float64.</summary>
internal static class ScalarAttention
{
    /// <summary>As <see cref="Attention.Apply"/>.</summary>
    public static void Apply(
        in AttentionShape shape,
        ReadOnlySpan<float> queries,
        ReadOnlySpan<float> keys,
        ReadOnlySpan<float> values,
        ReadOnlySpan<VisibleRange> visible,
        Span<float> output)
    {
        int size = shape.HeadSize;
        for (int query = 0; query < visible.Length; query++)
        {
            for (int head = 0; head < shape.Heads; head++)
            {
                ReadOnlySpan<float> q = queries.Slice(((query * shape.Heads) + head) * size, size);
                Span<float> o = output.Slice(((query * shape.Heads) + head) * size, size);
                double[] sums = new double[size];
                double[] scores = new double[visible[query].End - visible[query].First];
                for (int i = 0; i < scores.Length; i++)
                {
                    ReadOnlySpan<float> k = HeadOf(shape, keys, visible[query].First + i, head);
                    for (int j = 0; j < size; j++)
                    {
                        scores[i] += (double)q[j] * k[j];
                    }
                    scores[i] *= shape.Scale;
                    scores[i] = shape.SoftCap == 0 ? scores[i] : shape.SoftCap * Math.Tanh(scores[i] / shape.SoftCap);
                }
                double maximum = scores.Max();
                double total = 0;
                for (int i = 0; i < scores.Length; i++)
                {
                    double weight = Math.Exp(scores[i] - maximum);
                    total += weight;
                    ReadOnlySpan<float> v = HeadOf(shape, values, visible[query].First + i, head);
                    for (int j = 0; j < size; j++)
                    {
                        sums[j] += weight * v[j];
                    }
                }
                for (int j = 0; j < size; j++)
                {
                    o[j] = (float)(sums[j] / total);
                }
            }
        }
    }

    private static ReadOnlySpan<float> HeadOf(in AttentionShape shape, ReadOnlySpan<float> entries, int key, int head) =>
        entries.Slice(((key * shape.KeyValueHeads) + (head / shape.GroupSize)) * shape.HeadSize, shape.HeadSize);
}
