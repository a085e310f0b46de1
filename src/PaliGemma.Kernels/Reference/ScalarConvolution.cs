namespace PaliGemma.Kernels.Reference;

/// <summary>The scalar twins of <see cref="Convolution"/> and <see cref="TransposedConvolution"/>: the definitions, summed in float64.</summary>
internal static class ScalarConvolution
{
    /// <summary>The result's pixel (row, column) in one channel.</summary>
    public static float Pixel(
        ReadOnlySpan<float> x, int height, int width, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias,
        int kernel, int stride, int padding, int row, int column, int channel)
    {
        int inputs = x.Length / (height * width);
        double sum = bias[channel];
        for (int input = 0; input < inputs; input++)
        {
            for (int i = 0; i < kernel; i++)
            {
                for (int j = 0; j < kernel; j++)
                {
                    int y = (row * stride) + i - padding;
                    int z = (column * stride) + j - padding;
                    if (y >= 0 && y < height && z >= 0 && z < width)
                    {
                        sum += (double)x[(((y * width) + z) * inputs) + input]
                            * weight[(((((channel * inputs) + input) * kernel) + i) * kernel) + j];
                    }
                }
            }
        }
        return (float)sum;
    }

    /// <summary>The transpose's pixel (row, column) in one channel: every input whose window covers it contributes.</summary>
    public static float TransposedPixel(
        ReadOnlySpan<float> x, int height, int width, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias,
        int kernel, int stride, int padding, int row, int column, int channel)
    {
        int inputs = x.Length / (height * width);
        double sum = bias[channel];
        for (int y = 0; y < height; y++)
        {
            for (int z = 0; z < width; z++)
            {
                int i = row + padding - (y * stride);
                int j = column + padding - (z * stride);
                if (i < 0 || i >= kernel || j < 0 || j >= kernel)
                {
                    continue;
                }
                for (int input = 0; input < inputs; input++)
                {
                    sum += (double)x[(((y * width) + z) * inputs) + input]
                        * weight[(((((input * bias.Length) + channel) * kernel) + i) * kernel) + j];
                }
            }
        }
        return (float)sum;
    }
}
