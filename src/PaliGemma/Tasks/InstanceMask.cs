using PaliGemma.Imaging;

namespace PaliGemma.Tasks;

/// <summary>
/// The shape of a thing in a picture: how much of each pixel it covers, kept for the pixels of its box only. Outside of them there is
/// nothing of it; an empty mask has no pixel.
/// </summary>
public sealed class InstanceMask
{
    /// <summary>From this coverage on a pixel counts as inside.</summary>
    public const byte InsideFrom = 128;

    /// <summary>Wraps <paramref name="coverage"/>.</summary>
    /// <param name="pictureWidth">The picture's width in pixels.</param>
    /// <param name="pictureHeight">The picture's height in pixels.</param>
    /// <param name="x">The box's first column.</param>
    /// <param name="y">The box's first row.</param>
    /// <param name="width">The box's columns; 0 for an empty mask.</param>
    /// <param name="height">The box's rows; 0 for an empty mask.</param>
    /// <param name="coverage">[height, width], 0 … 255.</param>
    /// <exception cref="ArgumentException">The box does not lie in the picture, or the length is not height · width.</exception>
    public InstanceMask(int pictureWidth, int pictureHeight, int x, int y, int width, int height, byte[] coverage)
    {
        ArgumentNullException.ThrowIfNull(coverage);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pictureWidth);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pictureHeight);
        ArgumentOutOfRangeException.ThrowIfNegative(x);
        ArgumentOutOfRangeException.ThrowIfNegative(y);
        ArgumentOutOfRangeException.ThrowIfNegative(width);
        ArgumentOutOfRangeException.ThrowIfNegative(height);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, pictureWidth - x);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(height, pictureHeight - y);
        ArgumentOutOfRangeException.ThrowIfNotEqual(coverage.LongLength, (long)width * height, nameof(coverage));
        (PictureWidth, PictureHeight, X, Y, Width, Height, Coverage) = (pictureWidth, pictureHeight, x, y, width, height, coverage);
        Area = coverage.LongCount(value => value >= InsideFrom);
    }

    /// <summary>The picture's width in pixels.</summary>
    public int PictureWidth { get; }

    /// <summary>The picture's height in pixels.</summary>
    public int PictureHeight { get; }

    /// <summary>The box's first column.</summary>
    public int X { get; }

    /// <summary>The box's first row.</summary>
    public int Y { get; }

    /// <summary>The box's columns.</summary>
    public int Width { get; }

    /// <summary>The box's rows.</summary>
    public int Height { get; }

    /// <summary>[<see cref="Height"/>, <see cref="Width"/>]: how much of a pixel is covered, 0 … 255.</summary>
    public byte[] Coverage { get; }

    /// <summary>Pixels inside, see <see cref="InsideFrom"/>.</summary>
    public long Area { get; }

    /// <summary>The box as a fraction of the picture.</summary>
    public BoundingBox Box => new PixelBox(Y, X, Y + Height, X + Width).ToNormalized(PictureWidth, PictureHeight);

    /// <summary>Brings a decoded mask into its box.</summary>
    /// <param name="decoded">What <see cref="MaskDecoder.Decode"/> gives.</param>
    /// <param name="box">As a fraction of the picture; what lies outside of it is moved to its edge.</param>
    /// <param name="pictureWidth">The picture's width in pixels.</param>
    /// <param name="pictureHeight">The picture's height in pixels.</param>
    /// <param name="resize">Which of the reference's ways.</param>
    /// <returns>The mask; empty where no pixel is left of the box.</returns>
    public static InstanceMask Place(
        ReadOnlySpan<float> decoded, BoundingBox box, int pictureWidth, int pictureHeight, MaskResize resize = MaskResize.SoftBicubic)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(decoded.Length, MaskDecoder.Side * MaskDecoder.Side, nameof(decoded));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pictureWidth);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pictureHeight);
        MaskPlace place = resize == MaskResize.SharpBilinear
            ? MaskPlace.Truncated(box, pictureWidth, pictureHeight)
            : MaskPlace.Rounded(box, pictureWidth, pictureHeight);
        return place.IsEmpty
            ? new InstanceMask(pictureWidth, pictureHeight, 0, 0, 0, 0, [])
            : new InstanceMask(
                pictureWidth, pictureHeight, place.X, place.Y, place.Width, place.Height,
                resize == MaskResize.SharpBilinear ? Sharp(decoded, place) : Soft(decoded, place));
    }

    /// <summary>The mask of some pixels, in the smallest box around them.</summary>
    /// <param name="pixels">[pictureHeight, pictureWidth]: whether a pixel belongs to the thing.</param>
    /// <param name="pictureWidth">The picture's width in pixels.</param>
    /// <param name="pictureHeight">The picture's height in pixels.</param>
    public static InstanceMask FromPicture(ReadOnlySpan<bool> pixels, int pictureWidth, int pictureHeight)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pictureWidth);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pictureHeight);
        ArgumentOutOfRangeException.ThrowIfNotEqual(pixels.Length, (long)pictureWidth * pictureHeight, nameof(pixels));
        (int top, int bottom, int left, int right) = (pictureHeight, 0, pictureWidth, 0);
        for (int y = 0; y < pictureHeight; y++)
        {
            ReadOnlySpan<bool> row = pixels.Slice(y * pictureWidth, pictureWidth);
            int first = row.IndexOf(true);
            if (first >= 0)
            {
                (top, bottom) = (Math.Min(top, y), y + 1);
                (left, right) = (Math.Min(left, first), Math.Max(right, row.LastIndexOf(true) + 1));
            }
        }
        if (bottom == 0)
        {
            return new InstanceMask(pictureWidth, pictureHeight, 0, 0, 0, 0, []);
        }
        byte[] coverage = new byte[(bottom - top) * (right - left)];
        for (int i = 0; i < coverage.Length; i++)
        {
            (int y, int x) = Math.DivRem(i, right - left);
            coverage[i] = pixels[((top + y) * pictureWidth) + left + x] ? byte.MaxValue : (byte)0;
        }
        return new InstanceMask(pictureWidth, pictureHeight, left, top, right - left, bottom - top, coverage);
    }

    /// <summary>
    /// The mask that a picture file shows, in the smallest box around it: white on black, as <c>paligemma segment --masks</c> writes it, or
    /// things in colours of their own, as the palette of an indexed PNG gives them.
    /// </summary>
    /// <param name="image">The file's pixels, as many as those of the picture.</param>
    /// <param name="color">The thing's colour; null for everything that is not black.</param>
    public static InstanceMask FromImage(RgbImage image, (byte Red, byte Green, byte Blue)? color = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        bool[] pixels = new bool[image.Width * image.Height];
        for (int i = 0; i < pixels.Length; i++)
        {
            (byte, byte, byte) pixel = (image.Pixels[3 * i], image.Pixels[(3 * i) + 1], image.Pixels[(3 * i) + 2]);
            pixels[i] = color is null ? pixel != (0, 0, 0) : pixel == color;
        }
        return FromPicture(pixels, image.Width, image.Height);
    }

    /// <summary>Whether a pixel of the picture is inside, see <see cref="InsideFrom"/>.</summary>
    /// <param name="y">Its row in the picture.</param>
    /// <param name="x">Its column in the picture.</param>
    public bool Contains(int y, int x) =>
        y >= Y && y < Y + Height && x >= X && x < X + Width && Coverage[((y - Y) * Width) + x - X] >= InsideFrom;

    /// <summary>The whole picture: which pixels are inside.</summary>
    /// <param name="insideFrom">The coverage from which a pixel counts as inside, at least 1.</param>
    /// <returns>[<see cref="PictureHeight"/>, <see cref="PictureWidth"/>].</returns>
    public bool[] ToPicture(byte insideFrom = InsideFrom)
    {
        ArgumentOutOfRangeException.ThrowIfZero(insideFrom);
        bool[] picture = new bool[checked(PictureWidth * PictureHeight)];
        for (int y = 0; y < Height; y++)
        {
            Span<bool> row = picture.AsSpan(((Y + y) * PictureWidth) + X, Width);
            for (int x = 0; x < Width; x++)
            {
                row[x] = Coverage[(y * Width) + x] >= insideFrom;
            }
        }
        return picture;
    }

    /// <summary>The pixels of the whole picture that are inside, see <see cref="InsideFrom"/>, as COCO writes them.</summary>
    /// <exception cref="ArgumentException">The picture has more than <see cref="RunLengthEncoding.MaxPixels"/> pixels.</exception>
    public RunLengthEncoding ToRunLengths() => RunLengthEncoding.FromBox(
        Array.ConvertAll(Coverage, value => value >= InsideFrom), X, Y, Height, Width, PictureHeight, PictureWidth);

    /// <summary>
    /// The pixels inside both masks as a fraction of those inside either, 0 … 1; 1 where both are empty.
    /// </summary>
    /// <exception cref="ArgumentException">The masks are of pictures of different sizes.</exception>
    public double IntersectionOverUnion(InstanceMask other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if ((PictureWidth, PictureHeight) != (other.PictureWidth, other.PictureHeight))
        {
            throw new ArgumentException(
                $"Masks of {PictureWidth} x {PictureHeight} and {other.PictureWidth} x {other.PictureHeight} pictures cannot be compared.",
                nameof(other));
        }
        long shared = 0;
        for (int y = Y; y < Y + Height; y++)
        {
            for (int x = X; x < X + Width; x++)
            {
                shared += Contains(y, x) && other.Contains(y, x) ? 1 : 0;
            }
        }
        long either = Area + other.Area - shared;
        return either == 0 ? 1 : (double)shared / either;
    }

    private static byte[] Soft(ReadOnlySpan<float> decoded, MaskPlace place)
    {
        byte[] bytes = new byte[decoded.Length];
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)(Math.Clamp((decoded[i] * 0.5f) + 0.5f, 0, 1) * 255);
        }
        return BicubicResampler.Resize(bytes, 1, MaskDecoder.Side, MaskDecoder.Side, place.Width, place.Height);
    }

    private static byte[] Sharp(ReadOnlySpan<float> decoded, MaskPlace place) => Array.ConvertAll(
        BilinearResampler.Resize(decoded, MaskDecoder.Side, MaskDecoder.Side, place.Width, place.Height),
        value => value > 0 ? byte.MaxValue : (byte)0);
}
