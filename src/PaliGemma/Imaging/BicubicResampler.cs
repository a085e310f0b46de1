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
        return image.Width == width && image.Height == height
            ? image
            : new RgbImage(width, height, Resize(image.Pixels, 3, image.Width, image.Height, width, height));
    }

    /// <summary>Resizes a picture of any number of channels without keeping the aspect.</summary>
    /// <param name="pixels">[sourceHeight, sourceWidth, channels].</param>
    /// <param name="channels">Bytes of a pixel, at least 1.</param>
    /// <param name="sourceWidth">Width of the source, at least 1.</param>
    /// <param name="sourceHeight">Height of the source, at least 1.</param>
    /// <param name="width">Width of the result, at least 1.</param>
    /// <param name="height">Height of the result, at least 1.</param>
    /// <returns>[height, width, channels], or <paramref name="pixels"/> itself where its size is right.</returns>
    public static byte[] Resize(byte[] pixels, int channels, int sourceWidth, int sourceHeight, int width, int height)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(sourceWidth, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(sourceHeight, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfNotEqual(pixels.Length, checked(sourceWidth * sourceHeight * channels), nameof(pixels));
        byte[] wide = sourceWidth == width ? pixels
            : channels == 3 ? ResizeRgbRows(pixels, sourceWidth, sourceHeight, width)
            : ResizeRows(pixels, channels, sourceWidth, sourceHeight, width);
        return sourceHeight == height ? wide : ResizeColumns(wide, width * channels, sourceHeight, height);
    }

    private static byte[] ResizeRows(byte[] pixels, int channels, int sourceWidth, int height, int width)
    {
        Window[] windows = Windows(sourceWidth, width);
        byte[] result = new byte[checked(width * height * channels)];
        for (int y = 0; y < height; y++)
        {
            ReadOnlySpan<byte> source = pixels.AsSpan(y * sourceWidth * channels, sourceWidth * channels);
            Span<byte> target = result.AsSpan(y * width * channels, width * channels);
            for (int i = 0; i < target.Length; i++)
            {
                (int first, int[] weights) = windows[i / channels];
                int sum = Rounding;
                for (int j = 0; j < weights.Length; j++)
                {
                    sum += source[((first + j) * channels) + (i % channels)] * weights[j];
                }
                target[i] = Clip(sum);
            }
        }
        return result;
    }

    /// <summary><see cref="ResizeRows"/> with the three sums side by side: large photographs are resized before every answer.</summary>
    private static byte[] ResizeRgbRows(byte[] pixels, int sourceWidth, int height, int width)
    {
        Window[] windows = Windows(sourceWidth, width);
        byte[] result = new byte[checked(width * height * 3)];
        for (int y = 0; y < height; y++)
        {
            ReadOnlySpan<byte> source = pixels.AsSpan(y * sourceWidth * 3, sourceWidth * 3);
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
        return result;
    }

    private static byte[] ResizeColumns(byte[] pixels, int stride, int sourceHeight, int height)
    {
        Window[] windows = Windows(sourceHeight, height);
        byte[] result = new byte[checked(stride * height)];
        int[] sums = new int[stride];
        for (int y = 0; y < height; y++)
        {
            Array.Fill(sums, Rounding);
            ReadOnlySpan<byte> source = pixels.AsSpan(windows[y].First * stride);
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
        return result;
    }

    private const int Rounding = 1 << (PrecisionBits - 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte Clip(int sum) => (byte)Math.Clamp(sum >> PrecisionBits, 0, 255);

    /// <summary>The source pixels of every target pixel and their weights, which sum to 2^22 but for rounding.</summary>
    private static Window[] Windows(int sourceLength, int targetLength) => Array.ConvertAll(
        ResamplingWindow.Create(sourceLength, targetLength, 2, Kernel),
        window => new Window(window.First, Array.ConvertAll(window.Weights, ToFixedPoint)));

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
