using FsCheck.Xunit;
using PaliGemma.Imaging;

namespace PaliGemma.Tests.Imaging;

public class TextDirectionTests
{
    [Theory]
    [InlineData("a red cat", "a red cat")]
    [InlineData("\u05d0\u05d1 \u05d2", "\u05d2 \u05d1\u05d0")]
    [InlineData("\u05d0\u05d1 12", "12 \u05d1\u05d0")]
    [InlineData("\u05d0\u05d1 cat 2 \u05d2", "\u05d2 cat 2 \u05d1\u05d0")]
    [InlineData("cat \u05d0\u05d1, \u05d2!", "cat \u05d2 ,\u05d1\u05d0!")]
    [InlineData("\u0642\u0637\u0629 \u0663\u0664", "\u0663\u0664 \u0629\u0637\u0642")]
    [InlineData("(12)", "(12)")]
    [InlineData("", "")]
    public void A_line_is_seen_as_its_scripts_are_written(string read, string seen) => Assert.Equal(seen, Seen(read));

    [Property]
    public void Any_line_keeps_its_characters(string? text)
    {
        string read = text ?? "";
        Assert.Equal(read.Order(), Seen(read).Order());
    }

    private static string Seen(string text)
    {
        bool[] leftwards = TextDirection.Of(text);
        List<(char Character, bool IsLeftwards)> characters = [.. text.Zip(leftwards)];
        return string.Concat(TextDirection.InVisualOrder(characters, part => part.IsLeftwards).Select(part => part.Character));
    }
}
