using PaliGemma.Imaging;
using SkiaSharp;

namespace PaliGemma.Data.Shapes;

/// <summary>The words that scenes have in print, and the fonts of this machine that print them.</summary>
internal static class SceneWords
{
    private const int MostFonts = 16;

    private static readonly Lazy<SKTypeface[]> Loaded = new(Load);

    /// <summary>Short words, none of which names a shape or a colour.</summary>
    public static string[] All { get; } =
    [
        "apple", "bird", "boat", "book", "bread", "cat", "chair", "cloud", "cow", "cup", "dog", "door", "duck", "egg", "fish", "fox",
        "frog", "goat", "hand", "hat", "horse", "house", "jam", "key", "king", "lamp", "leaf", "lion", "map", "milk", "moon", "mouse",
        "night", "nose", "owl", "paper", "pear", "pig", "plane", "queen", "rain", "river", "road", "salt", "sea", "sheep", "ship", "shoe",
        "snow", "song", "soup", "sugar", "sun", "table", "tea", "train", "tree", "van", "wind", "window", "wolf", "yard", "zebra", "zoo",
    ];

    /// <summary>The fonts, in the order of their files' names.</summary>
    /// <exception cref="ModelFileException">There is no font with Latin letters on this machine.</exception>
    public static IReadOnlyList<SKTypeface> Fonts => Loaded.Value.Length > 0
        ? Loaded.Value
        : throw new ModelFileException(
            "There is no font with Latin letters on this machine; scenes with printed words need one, for instance DejaVu Sans.");

    private static SKTypeface[] Load() =>
    [
        .. LabelFonts.FontFiles()
            .Select(SKTypeface.FromFile)
            .Concat(SKFontManager.Default.FontFamilies.Order(StringComparer.Ordinal).Select(SKTypeface.FromFamilyName))
            .Where(typeface => typeface is not null && HasLetters(typeface))
            .Take(MostFonts),
    ];

    private static bool HasLetters(SKTypeface typeface)
    {
        using SKFont font = new(typeface);
        return font.ContainsGlyphs("abcdefghijklmnopqrstuvwxyz");
    }
}
