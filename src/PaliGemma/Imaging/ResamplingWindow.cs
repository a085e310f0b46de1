namespace PaliGemma.Imaging;

/// <summary>Pillow's resampling along one axis: the source pixels that a target pixel is made of, and their weights, which sum to 1.</summary>
/// <param name="First">The first source pixel.</param>
/// <param name="Weights">The weights of it and the pixels after it.</param>
internal readonly record struct ResamplingWindow(int First, double[] Weights)
{
    /// <summary>The windows of all target pixels.</summary>
    /// <param name="sourceLength">Source pixels, at least 1.</param>
    /// <param name="targetLength">Target pixels.</param>
    /// <param name="radius">Beyond this distance <paramref name="kernel"/> is 0.</param>
    /// <param name="kernel">The weight of a distance, in pixels of the larger of both pictures.</param>
    /// <param name="antialias">Windows grow where a picture shrinks, so that no source pixel is lost.</param>
    public static ResamplingWindow[] Create(
        int sourceLength, int targetLength, double radius, Func<double, double> kernel, bool antialias = true)
    {
        double scale = (double)sourceLength / targetLength;
        double widening = antialias ? Math.Max(scale, 1) : 1;
        double support = radius * widening;
        ResamplingWindow[] windows = new ResamplingWindow[targetLength];
        for (int i = 0; i < targetLength; i++)
        {
            double center = (i + 0.5) * scale;
            int first = Math.Max(0, (int)(center - support + 0.5));
            int end = Math.Min(sourceLength, (int)(center + support + 0.5));
            double[] weights = new double[end - first];
            double sum = 0;
            for (int j = 0; j < weights.Length; j++)
            {
                weights[j] = kernel((j + first - center + 0.5) * (1 / widening));
                sum += weights[j];
            }
            if (sum != 0)
            {
                double factor = 1 / sum;
                for (int j = 0; j < weights.Length; j++)
                {
                    weights[j] *= factor;
                }
            }
            windows[i] = new ResamplingWindow(first, weights);
        }
        return windows;
    }
}
