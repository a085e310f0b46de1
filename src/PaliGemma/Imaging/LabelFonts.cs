using System.Text;
using SkiaSharp;

namespace PaliGemma.Imaging;

/// <summary>
/// Finds, for every character, a font of this machine that has it. Skia's native library without dependencies knows no fonts on Linux; there the
/// usual font folders are searched.
/// </summary>
internal static class LabelFonts
{
    /// <summary>Fonts that are opened at most while looking for a character.</summary>
    private const int MostFiles = 400;

    private static readonly Lock Gate = new();
    private static readonly List<SKTypeface> Opened = [];
    private static readonly HashSet<int> Missing = [];
    private static Queue<string>? _files;

    /// <summary>Cuts <paramref name="text"/> into runs of one font each; characters that no font has are left out.</summary>
    public static IReadOnlyList<(SKTypeface Typeface, string Text)> Runs(string text)
    {
        List<(SKTypeface Typeface, string Text)> runs = [];
        lock (Gate)
        {
            SKTypeface? current = null;
            StringBuilder run = new();
            foreach (Rune rune in text.EnumerateRunes())
            {
                SKTypeface? typeface = current is not null && Has(current, rune.Value) ? current : Find(rune.Value);
                if (typeface is null)
                {
                    continue;
                }
                if (typeface != current && current is not null)
                {
                    runs.Add((current, run.ToString()));
                    run.Clear();
                }
                current = typeface;
                run.Append(rune.ToString());
            }
            if (current is not null)
            {
                runs.Add((current, run.ToString()));
            }
        }
        return runs;
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
    private static IEnumerable<string> FontFiles()
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
        int style = Has("italic") || Has("oblique") || Has("bold") || Has("light") || Has("thin") || Has("condensed") || Has("black") ? 2 : 0;
        int family = Has("sans") && !Has("mono") ? 0 : 1;
        return style + family;
    }
}
