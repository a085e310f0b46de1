namespace PaliGemma.Imaging;

/// <summary>
/// Pillow's bilinear resampling of a picture of numbers (mode F): a triangle, widened when shrinking; rows first, float32 between the
/// passes. A pass that would not change the size is skipped. TensorFlow's is the same up to float32's last digits, and need not widen.
/// </summary>
public static class BilinearResampler
{
    /// <summary>Resizes without keeping the aspect.</summary>
    /// <param name="values">[sourceHeight, sourceWidth].</param>
    /// <param name="sourceWidth">Width of the source, at least 1.</param>
    /// <param name="sourceHeight">Height of the source, at least 1.</param>
    /// <param name="width">Width of the result, at least 1.</param>
    /// <param name="height">Height of the result, at least 1.</param>
    /// <param name="antialias">Widen the triangle when shrinking.</param>
    /// <returns>[height, width].</returns>
    public static float[] Resize(
        ReadOnlySpan<float> values, int sourceWidth, int sourceHeight, int width, int height, bool antialias = true)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sourceWidth, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(sourceHeight, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, checked(sourceWidth * sourceHeight), nameof(values));
        float[] wide = sourceWidth == width ? values.ToArray() : ResizeRows(values, sourceWidth, sourceHeight, width, antialias);
        return sourceHeight == height ? wide : ResizeColumns(wide, width, sourceHeight, height, antialias);
    }

    /// <summary>
    /// Resizes a picture as big_vision does (pp/ops_image.py: tf.image.resize, then a cast): rounded down to whole numbers.
    /// </summary>
    /// <param name="image">The picture.</param>
    /// <param name="width">Width of the result, at least 1.</param>
    /// <param name="height">Height of the result, at least 1.</param>
    /// <param name="antialias">Widen the triangle when shrinking.</param>
    public static RgbImage Resize(RgbImage image, int width, int height, bool antialias)
    {
        ArgumentNullException.ThrowIfNull(image);
        byte[] pixels = new byte[checked(3 * width * height)];
        float[] plane = new float[image.Width * image.Height];
        for (int channel = 0; channel < 3; channel++)
        {
            for (int i = 0; i < plane.Length; i++)
            {
                plane[i] = image.Pixels[(3 * i) + channel];
            }
            float[] resized = Resize(plane, image.Width, image.Height, width, height, antialias);
            for (int i = 0; i < resized.Length; i++)
            {
                pixels[(3 * i) + channel] = (byte)Math.Clamp(resized[i], byte.MinValue, byte.MaxValue);
            }
        }
        return new RgbImage(width, height, pixels);
    }

    private static float[] ResizeRows(ReadOnlySpan<float> values, int sourceWidth, int height, int width, bool antialias)
    {
        ResamplingWindow[] windows = Windows(sourceWidth, width, antialias);
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

    private static float[] ResizeColumns(ReadOnlySpan<float> values, int width, int sourceHeight, int height, bool antialias)
    {
        ResamplingWindow[] windows = Windows(sourceHeight, height, antialias);
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

    private static ResamplingWindow[] Windows(int sourceLength, int targetLength, bool antialias) =>
        ResamplingWindow.Create(sourceLength, targetLength, 1, distance => Math.Max(1 - Math.Abs(distance), 0), antialias);
}
