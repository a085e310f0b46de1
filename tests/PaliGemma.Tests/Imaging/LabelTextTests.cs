using PaliGemma.Imaging;
using SkiaSharp;

namespace PaliGemma.Tests.Imaging;

/// <summary>What a text looks like depends on the machine's fonts, so only its extents are looked at.</summary>
public class LabelTextTests
{
    [Fact]
    public void A_label_that_is_too_wide_is_cut_until_it_fits_and_keeps_its_score()
    {
        SkipWithoutFont('a');
        const string Label = "a very long label that goes on for much longer than anybody would want";
        using LabelText whole = LabelText.Fit(Label, "87 %", 20, float.PositiveInfinity)!;
        using LabelText score = LabelText.Fit("", "87 %", 20, float.PositiveInfinity)!;
        float before = 0;
        for (float widest = 100; widest < whole.Width; widest += 50)
        {
            using LabelText cut = LabelText.Fit(Label, "87 %", 20, widest)!;
            Assert.InRange(cut.Width, Math.Max(before, score.Width), widest);
            before = cut.Width;
        }
        using LabelText fits = LabelText.Fit(Label, "87 %", 20, whole.Width)!;
        Assert.Equal(whole.Width, fits.Width);
    }

    [Fact]
    public void Letters_that_join_are_joined()
    {
        SkipWithoutFont('\u0628');
        using LabelText one = LabelText.Fit("\u0628", "", 40, float.PositiveInfinity)!;
        using LabelText two = LabelText.Fit("\u0628\u0628", "", 40, float.PositiveInfinity)!;
        Assert.True(two.Width < 2 * one.Width, $"{two.Width} is no less than twice {one.Width}");
    }

    [Fact]
    public void The_marks_of_a_letter_that_no_font_has_are_left_out_with_it()
    {
        // Beside it stand marks of India and France, of which the font of the space may lack one.
        const string Letter = "\U0010fffd\u093e\u0301\u200d";
        SkipWithoutFont('a');
        Assert.SkipWhen(LabelFonts.Find(char.ConvertToUtf32(Letter, 0), null) is not null, "A font of this machine has private letters.");
        Assert.Null(LabelText.Fit(Letter, "", 20, float.PositiveInfinity));
        Assert.Null(LabelText.Fit($"{Letter} {Letter}", "", 20, float.PositiveInfinity));
        using LabelText without = LabelText.Fit("a b", "", 20, float.PositiveInfinity)!;
        using LabelText with = LabelText.Fit($"a{Letter} {Letter}b", "", 20, float.PositiveInfinity)!;
        Assert.Equal(without.Width, with.Width);
    }

    [Fact]
    public void A_mark_that_its_letters_font_lacks_is_not_drawn_as_a_box()
    {
        SkipWithoutFont('a');
        const char Mark = '\u093e';
        using SKFont font = new(LabelFonts.Find('a', null));
        Assert.SkipWhen(font.ContainsGlyph(Mark), "The font of Latin letters has India's marks.");
        Assert.Equal(Picture("a"), Picture("a" + Mark));
        Assert.NotEqual(Picture("a"), Picture("aa"));

        static byte[] Picture(string label)
        {
            using SKBitmap bitmap = new(new SKImageInfo(100, 40, SKColorType.Gray8, SKAlphaType.Opaque));
            using SKCanvas canvas = new(bitmap);
            canvas.Clear(SKColors.White);
            using SKPaint ink = new() { Color = SKColors.Black };
            using LabelText text = LabelText.Fit(label, "", 20, float.PositiveInfinity)!;
            text.Draw(canvas, 5, 30, ink);
            return bitmap.GetPixelSpan().ToArray();
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n\t\0\u2028")]
    [InlineData("\u0301\u200d\ufe0f")]
    [InlineData("\U0010fffd\uffff")]
    [InlineData("e\u0301 \u202e \ud83d\ude00 \u05d0\u0301")]
    public void Any_label_is_set_or_left_out(string label)
    {
        // The last is half of a character, which attributes cannot hold.
        foreach (string text in new[] { label, label + '\ud800' })
        {
            using LabelText? set = LabelText.Fit(text, "", 12, 3);
            Assert.True(set is null || set.Width >= 0);
        }
    }

    private static void SkipWithoutFont(char character) =>
        Assert.SkipWhen(LabelFonts.Find(character, null) is null, $"This machine has no font with U+{(int)character:X4}.");
}
