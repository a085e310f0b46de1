namespace PaliGemma.Kernels.Reference;

/// <summary>The scalar twins of <see cref="RmsNorm"/> and <see cref="LayerNorm"/>, in float64.</summary>
internal static class ScalarNorms
{
    /// <summary>y = x / sqrt(mean(x²) + ε) · (1 + w), for one row.</summary>
    public static void Rms(ReadOnlySpan<float> x, ReadOnlySpan<float> weight, float epsilon, Span<float> y)
    {
        double squares = 0;
        foreach (float value in x)
        {
            squares += (double)value * value;
        }
        double factor = 1 / Math.Sqrt((squares / x.Length) + epsilon);
        for (int i = 0; i < x.Length; i++)
        {
            y[i] = (float)(x[i] * factor * (1.0 + weight[i]));
        }
    }

    /// <summary>y = (x - mean(x)) / sqrt(var(x) + ε) · w + b, for one row.</summary>
    public static void Layer(ReadOnlySpan<float> x, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias, float epsilon, Span<float> y)
    {
        double mean = 0;
        foreach (float value in x)
        {
            mean += (double)value / x.Length;
        }
        double variance = 0;
        foreach (float value in x)
        {
            variance += (value - mean) * (value - mean) / x.Length;
        }
        double factor = 1 / Math.Sqrt(variance + epsilon);
        for (int i = 0; i < x.Length; i++)
        {
            y[i] = (float)(((x[i] - mean) * factor * weight[i]) + bias[i]);
        }
    }
}
