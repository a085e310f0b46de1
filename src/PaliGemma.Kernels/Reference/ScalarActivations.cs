namespace PaliGemma.Kernels.Reference;

/// <summary>The scalar twins of <see cref="Gelu"/>, <see cref="Softmax"/> and <see cref="RotaryEmbedding"/>, in float64.</summary>
internal static class ScalarActivations
{
    /// <summary>0.5 · x · (1 + tanh(sqrt(2/π) · (x + 0.044715 · x³))).</summary>
    public static double Gelu(double x) => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x))));

    /// <summary>log Σ e^x.</summary>
    public static double LogSumExp(ReadOnlySpan<float> x)
    {
        double maximum = double.NegativeInfinity;
        foreach (float value in x)
        {
            maximum = Math.Max(maximum, value);
        }
        double sum = 0;
        foreach (float value in x)
        {
            sum += Math.Exp(value - maximum);
        }
        return maximum + Math.Log(sum);
    }

    /// <summary>Turns the two halves of one head by the angles of <paramref name="position"/>, which are float32 as in the reference.</summary>
    public static void Rotate(Span<float> head, float theta, int position)
    {
        int half = head.Length / 2;
        for (int i = 0; i < half; i++)
        {
            double angle = position * (1 / MathF.Pow(theta, 2f * i / head.Length));
            (double a, double b) = (head[i], head[i + half]);
            head[i] = (float)((a * Math.Cos(angle)) - (b * Math.Sin(angle)));
            head[i + half] = (float)((b * Math.Cos(angle)) + (a * Math.Sin(angle)));
        }
    }
}
