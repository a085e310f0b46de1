using PaliGemma.Imaging;
using PaliGemma.Tasks;

namespace PaliGemma.Data.Annotations;

/// <summary>
/// Pascal VOC's pictures of objects, <c>SegmentationObject</c>: a pixel of the n-th object of the XML file has colour n of the palette, the
/// background colour 0, and the border that belongs to nobody colour 255.
/// </summary>
internal static class VocSegmentation
{
    /// <summary>The folder of these pictures.</summary>
    public const string Folder = "SegmentationObject";

    /// <summary>What their names end with.</summary>
    public const string Extension = ".png";

    /// <summary>The most objects in a picture.</summary>
    public const int MostObjects = 254;

    /// <summary>
    /// [256, 3]: bit 3k, 3k + 1, 3k + 2 of a number is bit 7 - k of its red, green, blue (the development kit's VOClabelcolormap).
    /// </summary>
    private static byte[] Palette { get; } = CreatePalette();

    private static Dictionary<(byte, byte, byte), byte> Numbers { get; } =
        Enumerable.Range(0, 256).ToDictionary(number => Colour(Palette, number), number => (byte)number);

    /// <summary>Reads the shapes of a picture's objects.</summary>
    /// <param name="path">The file; if it is missing, no object has a shape.</param>
    /// <param name="width">The picture's width in pixels.</param>
    /// <param name="height">The picture's height in pixels.</param>
    /// <param name="objects">How many objects the XML file has.</param>
    /// <returns>The shapes; null where an object has no pixel.</returns>
    /// <exception cref="ModelFileException">The file is no such picture.</exception>
    public static ObjectMask?[] Read(string path, int width, int height, int objects)
    {
        ObjectMask?[] masks = new ObjectMask?[objects];
        if (!File.Exists(path))
        {
            return masks;
        }
        RgbImage image = ImageFile.Load(path);
        if ((image.Width, image.Height) != (width, height))
        {
            throw new ModelFileException(
                $"{path} has {image.Width} x {image.Height} pixels; expected {width} x {height}, as its picture has.");
        }
        byte[] numbers = new byte[width * height];
        for (int i = 0; i < numbers.Length; i++)
        {
            (byte, byte, byte) colour = Colour(image.Pixels, i);
            if (!Numbers.TryGetValue(colour, out numbers[i]))
            {
                throw new ModelFileException($"{path} has a pixel of the colour {colour}, which is none of Pascal VOC's palette.");
            }
        }
        for (int i = 0; i < Math.Min(objects, MostObjects); i++)
        {
            bool[] pixels = Array.ConvertAll(numbers, number => number == i + 1);
            masks[i] = pixels.Contains(true) ? new RunMask(RunLengthEncoding.FromMask(pixels, height, width)) : null;
        }
        return masks;
    }

    /// <summary>The bytes of the picture of the objects' shapes. Where they overlap, the smaller one lies on top.</summary>
    /// <exception cref="ModelFileException">There are too many objects.</exception>
    public static byte[] Encode(AnnotatedImage image)
    {
        if (image.Objects.Count > MostObjects)
        {
            throw new ModelFileException(
                $"{image.Path} has {image.Objects.Count} objects; Pascal VOC can show {MostObjects} shapes in a picture.");
        }
        byte[] numbers = new byte[image.Width * image.Height];
        foreach ((int index, AnnotatedObject marked) in image.Objects.Index().OrderByDescending(entry => entry.Item.Mask?.Runs.Area))
        {
            bool[] pixels = marked.Mask?.Runs.ToMask() ?? [];
            for (int i = 0; i < pixels.Length; i++)
            {
                numbers[i] = pixels[i] ? (byte)(index + 1) : numbers[i];
            }
        }
        return IndexedPng.Encode(numbers, image.Width, image.Height, Palette);
    }

    private static (byte, byte, byte) Colour(byte[] rgb, int index) => (rgb[3 * index], rgb[(3 * index) + 1], rgb[(3 * index) + 2]);

    private static byte[] CreatePalette()
    {
        byte[] palette = new byte[256 * 3];
        for (int i = 0; i < palette.Length; i++)
        {
            (int number, int channel) = Math.DivRem(i, 3);
            for (int bit = 0; bit < 8; bit++)
            {
                palette[i] |= (byte)(((number >> ((3 * bit) + channel)) & 1) << (7 - bit));
            }
        }
        return palette;
    }
}
