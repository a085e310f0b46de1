using PaliGemma.Cli.Output;
using PaliGemma.Imaging;

namespace PaliGemma.Cli.Tests.Output;

public class TerminalImageTests
{
    [Theory]
    [InlineData("TERM", "xterm-kitty", "Kitty")]
    [InlineData("KITTY_WINDOW_ID", "1", "Kitty")]
    [InlineData("TERM_PROGRAM", "iTerm.app", "ITerm2")]
    [InlineData("TERM_PROGRAM", "WezTerm", "ITerm2")]
    [InlineData("TERM", "foot", "Sixel")]
    [InlineData("TERM", "xterm-256color", "None")]
    public void The_protocol_follows_from_the_environment(string name, string value, string expected) =>
        Assert.Equal(expected, TerminalImage.Detect(asked => asked == name ? value : null).ToString());

    [Fact]
    public void Kitty_gets_the_png_in_pieces_that_say_whether_more_follow()
    {
        Random random = new(1);
        byte[] noise = new byte[100 * 100 * 3];
        random.NextBytes(noise);
        string text = TerminalImage.Encode(new RgbImage(100, 100, noise), TerminalImage.Protocol.Kitty);
        string[] pieces = text.TrimEnd('\n').Split("\u001b\\", StringSplitOptions.RemoveEmptyEntries);
        Assert.True(pieces.Length > 1);
        Assert.StartsWith("\u001b_Ga=T,f=100,m=1;", pieces[0], StringComparison.Ordinal);
        Assert.StartsWith("\u001b_Gm=0;", pieces[^1], StringComparison.Ordinal);
        byte[] png = Convert.FromBase64String(string.Concat(pieces.Select(piece => piece[(piece.IndexOf(';', StringComparison.Ordinal) + 1)..])));
        Assert.Equal(noise, ImageFile.Decode(png, "terminal").Pixels);
    }

    [Fact]
    public void ITerm2_gets_the_png_inline()
    {
        string text = TerminalImage.Encode(new RgbImage(1, 1, [1, 2, 3]), TerminalImage.Protocol.ITerm2);
        string data = text[(text.LastIndexOf(':') + 1)..text.IndexOf('\u0007', StringComparison.Ordinal)];
        Assert.StartsWith("\u001b]1337;File=inline=1;", text, StringComparison.Ordinal);
        Assert.Equal([1, 2, 3], ImageFile.Decode(Convert.FromBase64String(data), "terminal").Pixels);
    }

    [Fact]
    public void Sixel_draws_six_rows_at_a_time_and_repeats_with_a_count()
    {
        byte[] pixels = new byte[5 * 7 * 3];
        pixels.AsSpan(0, 5 * 3).Fill(255); // One white row above six black ones.
        string text = TerminalImage.Encode(new RgbImage(5, 7, pixels), TerminalImage.Protocol.Sixel);
        Assert.StartsWith("\u001bP0;1q\"1;1;5;7#0;2;0;0;0", text, StringComparison.Ordinal);
        // Rows 2 to 6 of the first band are black: bits 1 to 5; the first is white: bit 0. The second band has one row.
        Assert.EndsWith("#0!5}$#215!5@$-#0!5@$-\u001b\\\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_terminal_without_pictures_gets_nothing() =>
        Assert.Equal("", TerminalImage.Encode(new RgbImage(1, 1, [1, 2, 3]), TerminalImage.Protocol.None));
}
