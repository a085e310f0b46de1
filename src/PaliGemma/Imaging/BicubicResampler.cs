using System.Runtime.CompilerServices;

namespace PaliGemma.Imaging;

/// <summary>
/// Pillow's bicubic resampling to the last bit: Keys' kernel with a = -0.5, widened when shrinking, in fixed point with 22 fractional bits; rows first,
/// rounded to bytes, then columns. A pass that would not change the size is skipped.
/// </summary>
public static class BicubicResampler
{
    private const int PrecisionBits = 22;

    /// <summary>Resizes without keeping the aspect, as PaliGemma wants it.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="width">Width of the result, at least 1.</param>
    /// <param name="height">Height of the result, at least 1.</param>
    /// <returns>The resized picture, or <paramref name="image"/> itself where its size is right.</returns>
    public static RgbImage Resize(RgbImage image, int width, int height)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        RgbImage wide = image.Width == width ? image : ResizeRows(image, width);
        return image.Height == height ? wide : ResizeColumns(wide, height);
    }

    private static RgbImage ResizeRows(RgbImage image, int width)
    {
        Window[] windows = Windows(image.Width, width);
        byte[] result = new byte[checked(width * image.Height * 3)];
        for (int y = 0; y < image.Height; y++)
        {
            ReadOnlySpan<byte> source = image.Pixels.AsSpan(y * image.Width * 3, image.Width * 3);
            Span<byte> target = result.AsSpan(y * width * 3, width * 3);
            for (int x = 0; x < width; x++)
            {
                (int red, int green, int blue) = (Rounding, Rounding, Rounding);
                ReadOnlySpan<byte> pixel = source[(windows[x].First * 3)..];
                foreach (int weight in windows[x].Weights)
                {
                    red += pixel[0] * weight;
                    green += pixel[1] * weight;
                    blue += pixel[2] * weight;
                    pixel = pixel[3..];
                }
                target[3 * x] = Clip(red);
                target[(3 * x) + 1] = Clip(green);
                target[(3 * x) + 2] = Clip(blue);
            }
        }
        return new RgbImage(width, image.Height, result);
    }

    private static RgbImage ResizeColumns(RgbImage image, int height)
    {
        Window[] windows = Windows(image.Height, height);
        int stride = image.Width * 3;
        byte[] result = new byte[checked(stride * height)];
        int[] sums = new int[stride];
        for (int y = 0; y < height; y++)
        {
            Array.Fill(sums, Rounding);
            ReadOnlySpan<byte> source = image.Pixels.AsSpan(windows[y].First * stride);
            foreach (int weight in windows[y].Weights)
            {
                for (int i = 0; i < sums.Length; i++)
                {
                    sums[i] += source[i] * weight;
                }
                source = source[stride..];
            }
            Span<byte> target = result.AsSpan(y * stride, stride);
            for (int i = 0; i < sums.Length; i++)
            {
                target[i] = Clip(sums[i]);
            }
        }
        return new RgbImage(image.Width, height, result);
    }

    private const int Rounding = 1 << (PrecisionBits - 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte Clip(int sum) => (byte)Math.Clamp(sum >> PrecisionBits, 0, 255);

    /// <summary>The source pixels of every target pixel and their weights, which sum to 2^22 but for rounding.</summary>
    private static Window[] Windows(int sourceLength, int targetLength)
    {
        double scale = (double)sourceLength / targetLength;
        double widening = Math.Max(scale, 1);
        double support = 2 * widening;
        Window[] windows = new Window[targetLength];
        for (int i = 0; i < targetLength; i++)
        {
            double center = (i + 0.5) * scale;
            int first = Math.Max(0, (int)(center - support + 0.5));
            int end = Math.Min(sourceLength, (int)(center + support + 0.5));
            double[] weights = new double[end - first];
            double sum = 0;
            for (int j = 0; j < weights.Length; j++)
            {
                weights[j] = Kernel((j + first - center + 0.5) * (1 / widening));
                sum += weights[j];
            }
            windows[i] = new Window(first, Array.ConvertAll(weights, weight => ToFixedPoint(sum == 0 ? weight : weight * (1 / sum))));
        }
        return windows;
    }

    private static int ToFixedPoint(double weight) => (int)((weight * (1 << PrecisionBits)) + (weight < 0 ? -0.5 : 0.5));

    private static double Kernel(double x)
    {
        const double A = -0.5;
        x = Math.Abs(x);
        return x < 1 ? ((((A + 2) * x) - (A + 3)) * x * x) + 1
            : x < 2 ? ((((x - 5) * x) + 8) * x - 4) * A
            : 0;
    }

    private readonly record struct Window(int First, int[] Weights);
}
