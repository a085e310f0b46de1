using SkiaSharp;

namespace PaliGemma.Imaging;

/// <summary>Gives every label of a picture a colour of its own, the same one in every picture where it is free.</summary>
internal sealed class LabelPalette
{
    /// <summary>Strong colours that stay apart from each other also for people who see red and green alike.</summary>
    private static readonly SKColor[] Colors =
    [
        new(0xE6, 0x19, 0x4B), new(0x00, 0x82, 0xC8), new(0xF5, 0x82, 0x31), new(0x3C, 0xB4, 0x4B), new(0x91, 0x1E, 0xB4), new(0xFF, 0xE1, 0x19),
        new(0x46, 0xF0, 0xF0), new(0xF0, 0x32, 0xE6), new(0x00, 0x80, 0x80), new(0xD2, 0xF5, 0x3C), new(0xAA, 0x6E, 0x28), new(0x00, 0x00, 0x80),
    ];

    private readonly Dictionary<string, SKColor> _colors = new(StringComparer.Ordinal);
    private readonly HashSet<int> _taken = [];

    /// <summary>The colour of <paramref name="label"/>; colours repeat when there are more labels than colours.</summary>
    public SKColor this[string label]
    {
        get
        {
            if (!_colors.TryGetValue(label, out SKColor color))
            {
                int index = (int)(Hash(label) % (uint)Colors.Length);
                for (int tries = 0; tries < Colors.Length && !_taken.Add(index); tries++)
                {
                    index = (index + 1) % Colors.Length;
                }
                color = _colors[label] = Colors[index];
            }
            return color;
        }
    }

    /// <summary>Black or white, whichever reads better on <paramref name="background"/> (WCAG 2, relative luminance).</summary>
    public static SKColor TextOn(SKColor background)
    {
        double luminance = (0.2126 * Linear(background.Red)) + (0.7152 * Linear(background.Green)) + (0.0722 * Linear(background.Blue));
        return luminance > 0.179 ? SKColors.Black : SKColors.White;
    }

    private static double Linear(byte value) => Math.Pow(value / 255.0, 2.2);

    /// <summary>FNV-1a: string.GetHashCode differs from run to run.</summary>
    private static uint Hash(string text)
    {
        uint hash = 2166136261;
        foreach (char character in text)
        {
            hash = (hash ^ character) * 16777619;
        }
        return hash;
    }
}
