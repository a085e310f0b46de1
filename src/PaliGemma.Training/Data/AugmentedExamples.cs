using PaliGemma.Imaging;
using PaliGemma.Tasks;

namespace PaliGemma.Training.Data;

/// <summary>Examples whose pictures are changed at random, each time another way. Examples of several pictures are left as they are.</summary>
public sealed class AugmentedExamples : IExampleSource
{
    private static readonly string[] Sides = ["left", "right"];

    private readonly IExampleSource _source;
    private readonly Augmentation _augmentation;
    private readonly ulong _seed;

    /// <summary>Changes the examples of a source.</summary>
    /// <param name="source">The examples.</param>
    /// <param name="augmentation">How much they are changed.</param>
    /// <param name="seed">Of what is drawn.</param>
    public AugmentedExamples(IExampleSource source, Augmentation augmentation, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(augmentation);
        augmentation.Validate();
        _source = source;
        _augmentation = augmentation;
        _seed = seed;
    }

    /// <inheritdoc/>
    public TrainingExample Read(long index)
    {
        TrainingExample example = _source.Read(index);
        if (example.Images is not [RgbImage image])
        {
            return example;
        }
        SplitMix64 random = new(SplitMix64.Derive(_seed, (ulong)index));
        example = Crop(example, image, ref random);
        if (random.NextUniform() < _augmentation.Flip && CanFlip(example))
        {
            example = Flip(example);
        }
        return _augmentation.Color > 0 ? example with { Images = [Recolor(example.Images[0], ref random)] } : example;
    }

    private static bool CanFlip(TrainingExample example)
    {
        string text = $"{example.Prefix} {example.Suffix}";
        return !text.Contains("<seg", StringComparison.Ordinal) && !Array.Exists(Sides, side => text.Contains(side, StringComparison.OrdinalIgnoreCase));
    }

    private static TrainingExample Flip(TrainingExample example)
    {
        RgbImage image = example.Images[0];
        byte[] pixels = new byte[image.Pixels.Length];
        for (int i = 0; i < image.Width * image.Height; i++)
        {
            (int y, int x) = Math.DivRem(i, image.Width);
            image.Pixels.AsSpan(3 * ((y * image.Width) + image.Width - 1 - x), 3).CopyTo(pixels.AsSpan(3 * i));
        }
        return Map(example, new RgbImage(image.Width, image.Height, pixels), box => box with { X1 = 1 - box.X2, X2 = 1 - box.X1 });
    }

    private TrainingExample Crop(TrainingExample example, RgbImage image, ref SplitMix64 random)
    {
        if (_augmentation.SmallestCrop >= 1)
        {
            return example;
        }
        List<BoundingBox> boxes = [.. BoxText.Find(example.Prefix), .. BoxText.Find(example.Suffix)];
        (int left, int width) = Range(image.Width, boxes.SelectMany(box => (float[])[box.X1, box.X2]), ref random);
        (int top, int height) = Range(image.Height, boxes.SelectMany(box => (float[])[box.Y1, box.Y2]), ref random);
        byte[] pixels = new byte[width * height * 3];
        for (int y = 0; y < height; y++)
        {
            image.Pixels.AsSpan(3 * (((top + y) * image.Width) + left), 3 * width).CopyTo(pixels.AsSpan(3 * y * width));
        }
        return Map(example, new RgbImage(width, height, pixels), box => new BoundingBox(
            ((box.Y1 * image.Height) - top) / height,
            ((box.X1 * image.Width) - left) / width,
            ((box.Y2 * image.Height) - top) / height,
            ((box.X2 * image.Width) - left) / width));
    }

    /// <summary>Draws a range of pixels that holds all <paramref name="places"/>, given as parts of the side.</summary>
    private (int Start, int Length) Range(int side, IEnumerable<float> places, ref SplitMix64 random)
    {
        double least = _augmentation.SmallestCrop + ((1 - _augmentation.SmallestCrop) * random.NextUniform());
        double length = Math.Max(1, least * side);
        double start = random.NextUniform() * (side - length);
        double end = start + length;
        foreach (float place in places)
        {
            start = Math.Min(start, place * side);
            end = Math.Max(end, place * side);
        }
        int first = Math.Clamp((int)Math.Floor(start), 0, side - 1);
        return (first, Math.Clamp((int)Math.Ceiling(end), first + 1, side) - first);
    }

    private RgbImage Recolor(RgbImage image, ref SplitMix64 random)
    {
        double contrast = 1 + (_augmentation.Color * ((2 * random.NextUniform()) - 1));
        double brightness = 255 * _augmentation.Color * (random.NextUniform() - 0.5);
        byte[] table = [.. Enumerable.Range(0, 256).Select(value => (byte)Math.Clamp(Math.Round(((value - 127.5) * contrast) + 127.5 + brightness), 0, 255))];
        return new RgbImage(image.Width, image.Height, Array.ConvertAll(image.Pixels, value => table[value]));
    }

    private static TrainingExample Map(TrainingExample example, RgbImage image, Func<BoundingBox, BoundingBox> map) =>
        new([image], BoxText.Map(example.Prefix, map), BoxText.Map(example.Suffix, map));
}
