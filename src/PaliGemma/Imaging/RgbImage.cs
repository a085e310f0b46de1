namespace PaliGemma.Imaging;

/// <summary>A picture of 8-bit red, green, blue pixels, row by row from the top left, without padding.</summary>
public sealed class RgbImage
{
    /// <summary>Wraps <paramref name="pixels"/>, which must hold [height, width, 3] bytes.</summary>
    /// <exception cref="ArgumentException">The length is not width · height · 3.</exception>
    public RgbImage(int width, int height, byte[] pixels)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        if (pixels.LongLength != (long)width * height * 3)
        {
            throw new ArgumentException($"A {width} x {height} picture has {(long)width * height * 3} bytes, not {pixels.LongLength}.", nameof(pixels));
        }
        Width = width;
        Height = height;
        Pixels = pixels;
    }

    /// <summary>Width in pixels.</summary>
    public int Width { get; }

    /// <summary>Height in pixels.</summary>
    public int Height { get; }

    /// <summary>[<see cref="Height"/>, <see cref="Width"/>, 3] bytes.</summary>
    public byte[] Pixels { get; }
}
