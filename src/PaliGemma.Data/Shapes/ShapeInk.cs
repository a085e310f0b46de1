using SkiaSharp;

namespace PaliGemma.Data.Shapes;

/// <summary>What colours look like.</summary>
internal static class ShapeInk
{
    /// <summary>A drawn colour differs from its pure one by at most this, in each channel.</summary>
    private const int Variation = 15;

    /// <summary>Colours closer than this, of at most 441, are hard to tell apart.</summary>
    private const double SmallestContrast = 105;

    private static readonly SKColor[] Pure =
    [
        new(215, 38, 38), new(40, 160, 62), new(38, 82, 208), new(246, 220, 50),
        new(242, 140, 28), new(140, 50, 172), new(20, 20, 20), new(248, 248, 248),
    ];

    /// <summary>A variation of a colour.</summary>
    public static SKColor Draw(ShapeColor color, ref SceneRandom random) => Vary(Pure[(int)color], Variation, ref random);

    /// <summary>A muted colour that most others stand out from.</summary>
    public static SKColor DrawBackground(ref SceneRandom random)
    {
        int gray = random.Integer(30, 235);
        return Vary(new SKColor((byte)gray, (byte)gray, (byte)gray), 60, ref random);
    }

    /// <summary>A colour that differs by at most <paramref name="amount"/> in each channel.</summary>
    public static SKColor Vary(SKColor color, int amount, ref SceneRandom random)
    {
        byte red = Shift(color.Red, ref random);
        byte green = Shift(color.Green, ref random);
        return new SKColor(red, green, Shift(color.Blue, ref random));

        byte Shift(byte channel, ref SceneRandom random) => (byte)Math.Clamp(channel + random.Integer(-amount, amount), 0, 255);
    }

    /// <summary>Whether a colour can be told from what lies behind it.</summary>
    public static bool StandsOut(ShapeColor color, SKColor behind)
    {
        SKColor pure = Pure[(int)color];
        double red = pure.Red - behind.Red;
        double green = pure.Green - behind.Green;
        double blue = pure.Blue - behind.Blue;
        return (red * red) + (green * green) + (blue * blue) >= SmallestContrast * SmallestContrast;
    }
}
