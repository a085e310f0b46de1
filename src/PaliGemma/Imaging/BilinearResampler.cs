namespace PaliGemma.Imaging;

/// <summary>
/// Pillow's bilinear resampling of a picture of numbers (mode F): a triangle, widened when shrinking; rows first, float32 between the
/// passes. A pass that would not change the size is skipped.
/// </summary>
public static class BilinearResampler
{
    /// <summary>Resizes without keeping the aspect.</summary>
    /// <param name="values">[sourceHeight, sourceWidth].</param>
    /// <param name="sourceWidth">Width of the source, at least 1.</param>
    /// <param name="sourceHeight">Height of the source, at least 1.</param>
    /// <param name="width">Width of the result, at least 1.</param>
    /// <param name="height">Height of the result, at least 1.</param>
    /// <returns>[height, width].</returns>
    public static float[] Resize(ReadOnlySpan<float> values, int sourceWidth, int sourceHeight, int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sourceWidth, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(sourceHeight, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, checked(sourceWidth * sourceHeight), nameof(values));
        float[] wide = sourceWidth == width ? values.ToArray() : ResizeRows(values, sourceWidth, sourceHeight, width);
        return sourceHeight == height ? wide : ResizeColumns(wide, width, sourceHeight, height);
    }

    private static float[] ResizeRows(ReadOnlySpan<float> values, int sourceWidth, int height, int width)
    {
        ResamplingWindow[] windows = Windows(sourceWidth, width);
        float[] result = new float[checked(width * height)];
        for (int y = 0; y < height; y++)
        {
            ReadOnlySpan<float> source = values.Slice(y * sourceWidth, sourceWidth);
            for (int x = 0; x < width; x++)
            {
                double sum = 0;
                for (int i = 0; i < windows[x].Weights.Length; i++)
                {
                    sum += source[windows[x].First + i] * windows[x].Weights[i];
                }
                result[(y * width) + x] = (float)sum;
            }
        }
        return result;
    }

    private static float[] ResizeColumns(ReadOnlySpan<float> values, int width, int sourceHeight, int height)
    {
        ResamplingWindow[] windows = Windows(sourceHeight, height);
        float[] result = new float[checked(width * height)];
        double[] sums = new double[width];
        for (int y = 0; y < height; y++)
        {
            Array.Clear(sums);
            for (int i = 0; i < windows[y].Weights.Length; i++)
            {
                double weight = windows[y].Weights[i];
                ReadOnlySpan<float> source = values.Slice((windows[y].First + i) * width, width);
                for (int x = 0; x < width; x++)
                {
                    sums[x] += source[x] * weight;
                }
            }
            for (int x = 0; x < width; x++)
            {
                result[(y * width) + x] = (float)sums[x];
            }
        }
        return result;
    }

    private static ResamplingWindow[] Windows(int sourceLength, int targetLength) =>
        ResamplingWindow.Create(sourceLength, targetLength, 1, distance => Math.Max(1 - Math.Abs(distance), 0));
}
