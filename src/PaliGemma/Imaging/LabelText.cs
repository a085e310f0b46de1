using System.Globalization;
using System.Text;
using SkiaSharp;
using SkiaSharp.HarfBuzz;

namespace PaliGemma.Imaging;

/// <summary>A line of text in any script: every part in a font that has it, shaped by HarfBuzz, and in its direction.</summary>
internal sealed class LabelText : IDisposable
{
    private const string Ellipsis = "…";

    /// <summary>One for each font in use; they live as long as the fonts do.</summary>
    private static readonly Dictionary<SKTypeface, SKShaper> Shapers = [];

    /// <summary>Shapers work for one thread at a time.</summary>
    private static readonly Lock Gate = new();

    private readonly List<(SKTextBlob Glyphs, float X)> _parts = [];

    private LabelText(string label, string score, float size)
    {
        // Each in its own order: a score stays to the right of a label that runs to the left.
        Append(label, size);
        Append(label.Length > 0 && score.Length > 0 ? " " + score : score, size);
    }

    /// <summary>How far the text reaches to the right, in pixels.</summary>
    public float Width { get; private set; }

    /// <summary>How far it reaches above its base line, in pixels.</summary>
    public float Ascent { get; private set; }

    /// <summary>How far it reaches below its base line, in pixels.</summary>
    public float Descent { get; private set; }

    /// <summary>
    /// Sets a label with a score to its right; the label is cut, with an ellipsis, where both are too wide, and what is still too wide is
    /// left to the caller to clip. Characters that no font has are left out.
    /// </summary>
    /// <param name="label">What is named.</param>
    /// <param name="score">May be empty.</param>
    /// <param name="size">Of the font, in pixels.</param>
    /// <param name="widest">In pixels.</param>
    /// <returns>The text; null if nothing of it can be drawn.</returns>
    public static LabelText? Fit(string label, string score, float size, float widest)
    {
        int[] starts = StringInfo.ParseCombiningCharacters(label);
        LabelText text = new(label, score, size);
        if (text.Width > widest && starts.Length > 0)
        {
            // By bisection; the ellipsis alone is taken if nothing fits.
            (int fits, int tooLong) = (0, starts.Length);
            while (tooLong - fits > 1)
            {
                int middle = (fits + tooLong) / 2;
                using LabelText shorter = new(Beginning(middle), score, size);
                (fits, tooLong) = shorter.Width <= widest ? (middle, tooLong) : (fits, middle);
            }
            text.Dispose();
            text = new LabelText(Beginning(fits), score, size);
        }
        if (text._parts.Count > 0)
        {
            return text;
        }
        text.Dispose();
        return null;

        string Beginning(int characters) => label[..starts[characters]].TrimEnd() + Ellipsis;
    }

    /// <summary>Draws the text.</summary>
    /// <param name="canvas">Where to.</param>
    /// <param name="x">Of its left end.</param>
    /// <param name="baseline">The y that letters stand on.</param>
    /// <param name="ink">Its colour.</param>
    public void Draw(SKCanvas canvas, float x, float baseline, SKPaint ink)
    {
        foreach ((SKTextBlob glyphs, float left) in _parts)
        {
            canvas.DrawText(glyphs, x + left, baseline, ink);
        }
    }

    public void Dispose()
    {
        foreach ((SKTextBlob glyphs, _) in _parts)
        {
            glyphs.Dispose();
        }
    }

    private void Append(string text, float size)
    {
        foreach (Run run in TextDirection.InVisualOrder(Runs(text), run => run.IsLeftwards))
        {
            using SKFont font = new(run.Typeface, size);
            SKShaper.Result shaped = Shape(text[run.Start..run.End], run.Typeface, font);
            using SKTextBlobBuilder builder = new();
            // A mark is in the font of its letter, which may lack it: glyph 0 is a box.
            (ushort Glyph, SKPoint Point)[] known =
                [.. shaped.Codepoints.Zip(shaped.Points, (glyph, point) => ((ushort)glyph, point)).Where(placed => placed.Item1 != 0)];
            builder.AddPositionedRun(Array.ConvertAll(known, one => one.Glyph), font, Array.ConvertAll(known, one => one.Point));
            if (builder.Build() is SKTextBlob glyphs)
            {
                _parts.Add((glyphs, Width));
                Width += shaped.Width;
                Ascent = Math.Max(Ascent, -font.Metrics.Ascent);
                Descent = Math.Max(Descent, font.Metrics.Descent);
            }
        }
    }

    private static SKShaper.Result Shape(string text, SKTypeface typeface, SKFont font)
    {
        lock (Gate)
        {
            if (!Shapers.TryGetValue(typeface, out SKShaper? shaper))
            {
                Shapers.Add(typeface, shaper = new SKShaper(typeface));
            }
            return shaper.Shape(text, font);
        }
    }

    /// <summary>
    /// Cuts text where its font or its direction changes, and where a character is left out. White space alone is nothing to draw.
    /// </summary>
    private static List<Run> Runs(string text)
    {
        bool[] leftwards = TextDirection.Of(text);
        List<Run> runs = [];
        // Fonts of symbols have digits and spaces too, but those look as the letters do.
        (SKTypeface? before, SKTypeface? ofLetters) = (null, null);
        bool blank = true;
        int end = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            (int start, end) = (end, end + rune.Utf16SequenceLength);
            before = Typeface(rune, before, ofLetters);
            if (before is not SKTypeface found)
            {
                continue;
            }
            blank &= Rune.IsWhiteSpace(rune);
            ofLetters = Rune.IsLetter(rune) ? found : ofLetters;
            if (runs is [.., Run last] && last == new Run(found, leftwards[start], last.Start, start))
            {
                runs[^1] = last with { End = end };
            }
            else
            {
                runs.Add(new Run(found, leftwards[start], start, end));
            }
        }
        return blank ? [] : runs;
    }

    private static SKTypeface? Typeface(Rune rune, SKTypeface? before, SKTypeface? ofLetters) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => null,
        // Marks and joiners shape the character before them: they stay with it, and are left out with it.
        UnicodeCategory.Format or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark => before,
        _ => LabelFonts.Find(rune.Value, ofLetters),
    };

    /// <summary>A part of a text that has one font and one direction.</summary>
    private readonly record struct Run(SKTypeface Typeface, bool IsLeftwards, int Start, int End);
}
