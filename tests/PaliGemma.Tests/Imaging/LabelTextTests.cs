using PaliGemma.Imaging;

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
