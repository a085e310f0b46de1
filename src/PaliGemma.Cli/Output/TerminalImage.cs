using System.Text;
using PaliGemma.Imaging;

namespace PaliGemma.Cli.Output;

/// <summary>
/// Shows a picture in a terminal that can: by kitty's, iTerm2's or the sixel protocol, whichever the environment speaks of. Nothing is
/// asked of the terminal.
/// </summary>
internal static class TerminalImage
{
    /// <summary>How a terminal takes pictures.</summary>
    public enum Protocol
    {
        None,
        Kitty,
        ITerm2,
        Sixel,
    }

    /// <summary>Longest side in pixels that is sent: larger than a window helps nobody.</summary>
    private const int LongestSide = 800;

    /// <summary>kitty takes pictures in pieces of at most this many base64 characters.</summary>
    private const int KittyPiece = 4096;

    /// <summary>What the terminal that standard output goes to understands; nothing where it goes to a file or a pipe.</summary>
    public static Protocol Supported() => Console.IsOutputRedirected ? Protocol.None : Detect(Environment.GetEnvironmentVariable);

    /// <summary>What the environment variables say.</summary>
    public static Protocol Detect(Func<string, string?> variable)
    {
        string terminal = variable("TERM") ?? "";
        string program = variable("TERM_PROGRAM") ?? "";
        if (variable("KITTY_WINDOW_ID") is not null || terminal.Contains("kitty", StringComparison.Ordinal) || program == "ghostty")
        {
            return Protocol.Kitty;
        }
        if (program is "iTerm.app" or "WezTerm")
        {
            return Protocol.ITerm2;
        }
        return terminal is "foot" or "mlterm" or "contour" || terminal.Contains("sixel", StringComparison.Ordinal) ? Protocol.Sixel : Protocol.None;
    }

    /// <summary>The characters that show <paramref name="image"/> and end its line.</summary>
    public static string Encode(RgbImage image, Protocol protocol)
    {
        RgbImage shown = Fit(image);
        return protocol switch
        {
            Protocol.Kitty => Kitty(PngWriter.Encode(shown)) + "\n",
            Protocol.ITerm2 => ITerm2(PngWriter.Encode(shown)) + "\n",
            Protocol.Sixel => Sixel(shown) + "\n",
            _ => "",
        };
    }

    private static RgbImage Fit(RgbImage image)
    {
        int longest = Math.Max(image.Width, image.Height);
        return longest <= LongestSide
            ? image
            : BicubicResampler.Resize(
                image, Math.Max(1, image.Width * LongestSide / longest), Math.Max(1, image.Height * LongestSide / longest));
    }

    private static string Kitty(byte[] png)
    {
        string data = Convert.ToBase64String(png);
        StringBuilder text = new();
        for (int start = 0; start < data.Length; start += KittyPiece)
        {
            int length = Math.Min(KittyPiece, data.Length - start);
            string more = start + length < data.Length ? "1" : "0";
            string control = start == 0 ? $"a=T,f=100,m={more}" : $"m={more}";
            text.Append("\u001b_G").Append(control).Append(';').Append(data, start, length).Append("\u001b\\");
        }
        return text.ToString();
    }

    private static string ITerm2(byte[] png) => $"\u001b]1337;File=inline=1;size={png.Length}:{Convert.ToBase64String(png)}\u0007";

    /// <summary>Six rows at a time, colour by colour, in the 216 colours of a cube of six steps per channel.</summary>
    private static string Sixel(RgbImage image)
    {
        const int Steps = 6;
        StringBuilder text = new($"\u001bP0;1q\"1;1;{image.Width};{image.Height}");
        for (int color = 0; color < Steps * Steps * Steps; color++)
        {
            text.Append($"#{color};2;{color / 36 * 20};{color / 6 % 6 * 20};{color % 6 * 20}");
        }
        byte[] colors = new byte[image.Width * image.Height];
        for (int i = 0; i < colors.Length; i++)
        {
            colors[i] = (byte)((Step(image.Pixels[3 * i]) * 36) + (Step(image.Pixels[(3 * i) + 1]) * 6) + Step(image.Pixels[(3 * i) + 2]));
        }
        for (int top = 0; top < image.Height; top += 6)
        {
            int rows = Math.Min(6, image.Height - top);
            foreach (byte color in colors.AsSpan(top * image.Width, rows * image.Width).ToArray().Distinct().Order())
            {
                text.Append('#').Append(color);
                AppendBand(text, colors.AsSpan(top * image.Width, rows * image.Width), image.Width, rows, color);
                text.Append('$');
            }
            text.Append('-');
        }
        return text.Append("\u001b\\").ToString();
    }

    private static int Step(byte value) => ((value * 5) + 127) / 255;

    private static void AppendBand(StringBuilder text, ReadOnlySpan<byte> colors, int width, int rows, byte color)
    {
        int repeated = 0;
        char before = '\0';
        for (int x = 0; x <= width; x++)
        {
            int bits = 0;
            for (int row = 0; x < width && row < rows; row++)
            {
                bits |= colors[(row * width) + x] == color ? 1 << row : 0;
            }
            char sixel = x < width ? (char)('?' + bits) : '\0';
            if (sixel == before)
            {
                repeated++;
                continue;
            }
            if (repeated > 3)
            {
                text.Append('!').Append(repeated).Append(before);
            }
            else
            {
                text.Append(before, repeated);
            }
            before = sixel;
            repeated = 1;
        }
    }
}
