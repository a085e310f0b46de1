using SkiaSharp;

namespace PaliGemma.Imaging;

/// <summary>
/// Finds, for every character, a font of this machine that has it. Skia's native library without dependencies knows no fonts on Linux;
/// there the usual font folders are searched.
/// </summary>
internal static class LabelFonts
{
    /// <summary>Fonts that are opened at most while looking for a character.</summary>
    private const int MostFiles = 400;

    /// <summary>What the names of files with other styles than the plain upright one contain.</summary>
    private static readonly string[] Styles = ["italic", "oblique", "bold", "light", "thin", "condensed", "black"];

    private static readonly Lock Gate = new();
    private static readonly List<SKTypeface> Opened = [];
    private static readonly HashSet<int> Missing = [];
    private static Queue<string>? _files;

    /// <summary>
    /// A font that has <paramref name="character"/>, if possible <paramref name="preferred"/>; null if there is none. The fonts are kept:
    /// they are not to be disposed.
    /// </summary>
    public static SKTypeface? Find(int character, SKTypeface? preferred)
    {
        lock (Gate)
        {
            return preferred is not null && Has(preferred, character) ? preferred : Find(character);
        }
    }

    private static bool Has(SKTypeface typeface, int character)
    {
        using SKFont font = new(typeface);
        return font.ContainsGlyph(character);
    }

    private static SKTypeface? Find(int character)
    {
        if (Missing.Contains(character))
        {
            return null;
        }
        SKTypeface? found = Opened.Find(typeface => Has(typeface, character)) ?? Installed(character);
        _files ??= new Queue<string>(FontFiles().Take(MostFiles));
        while (found is null && _files.TryDequeue(out string? file))
        {
            if (SKTypeface.FromFile(file) is SKTypeface typeface)
            {
                Opened.Add(typeface);
                found = Has(typeface, character) ? typeface : null;
            }
        }
        if (found is null)
        {
            Missing.Add(character);
        }
        return found;
    }

    private static SKTypeface? Installed(int character)
    {
        SKTypeface? typeface = SKFontManager.Default.MatchCharacter(character);
        if (typeface is null || !Has(typeface, character))
        {
            return null;
        }
        Opened.Add(typeface);
        return typeface;
    }

    /// <summary>Font files of a Unix, plain upright sans-serif ones first: the others are for what those lack.</summary>
    public static IEnumerable<string> FontFiles()
    {
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        string[] folders =
        [
            Path.Combine(home, ".local", "share", "fonts"), Path.Combine(home, ".fonts"), "/usr/local/share/fonts", "/usr/share/fonts",
        ];
        EnumerationOptions everything = new() { RecurseSubdirectories = true, IgnoreInaccessible = true };
        return folders.Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*", everything))
            .Where(file => Path.GetExtension(file).ToLowerInvariant() is ".ttf" or ".otf" or ".ttc")
            .OrderBy(Rank)
            .ThenBy(file => file, StringComparer.Ordinal);
    }

    private static int Rank(string file)
    {
        string name = Path.GetFileNameWithoutExtension(file);
        bool Has(string part) => name.Contains(part, StringComparison.OrdinalIgnoreCase);
        int style = Array.Exists(Styles, Has) ? 2 : 0;
        int family = Has("sans") && !Has("mono") ? 0 : 1;
        return style + family;
    }
}
