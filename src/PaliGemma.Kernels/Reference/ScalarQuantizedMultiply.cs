namespace PaliGemma.Kernels.Reference;

/// <summary>The scalar twins of products whose activations are quantised: the definitions, summed in float64.</summary>
internal static class ScalarQuantizedMultiply
{
    /// <summary>
    /// LLM.int8() (arXiv:2208.07339, section 3): columns where a token reaches <paramref name="threshold"/> stay as they are; the rest is
    /// rounded to 127 steps of each token's largest magnitude below the threshold.
    /// </summary>
    public static void Int8(WeightMatrix weights, float[] x, int tokens, float threshold, Span<float> y)
    {
        int columns = weights.Columns;
        bool[] outlier = new bool[columns];
        for (int i = 0; i < x.Length; i++)
        {
            outlier[i % columns] |= Math.Abs(x[i]) >= threshold;
        }
        float[] rounded = new float[x.Length];
        for (int t = 0; t < tokens; t++)
        {
            float largest = 0;
            for (int c = 0; c < columns; c++)
            {
                float magnitude = Math.Abs(x[(t * columns) + c]);
                largest = magnitude < threshold ? Math.Max(largest, magnitude) : largest;
            }
            for (int c = 0; c < columns; c++)
            {
                int i = (t * columns) + c;
                rounded[i] = outlier[c] || largest == 0 ? x[i] : MathF.Round(x[i] * (127 / largest)) * largest / 127;
            }
        }
        ScalarMatrixMultiply.Multiply(weights, rounded, tokens, y);
    }

    /// <summary>Every segment of <paramref name="segment"/> activations rounded to <paramref name="steps"/> steps of its largest magnitude.</summary>
    public static void Segments(WeightMatrix weights, float[] x, int tokens, int segment, int steps, Span<float> y)
    {
        int columns = weights.Columns;
        float[] rounded = new float[x.Length];
        for (int t = 0; t < tokens; t++)
        {
            for (int start = 0; start < columns; start += segment)
            {
                Span<float> some = x.AsSpan((t * columns) + start, Math.Min(segment, columns - start));
                float largest = 0;
                foreach (float value in some)
                {
                    largest = Math.Max(largest, Math.Abs(value));
                }
                for (int i = 0; i < some.Length; i++)
                {
                    rounded[(t * columns) + start + i] = largest == 0 ? 0 : MathF.Round(some[i] * (steps / largest)) * largest / steps;
                }
            }
        }
        ScalarMatrixMultiply.Multiply(weights, rounded, tokens, y);
    }
}
