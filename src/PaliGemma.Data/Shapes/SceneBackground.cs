using SkiaSharp;

namespace PaliGemma.Data.Shapes;

/// <summary>What shapes are drawn on: one colour, a gradient, a texture or noise.</summary>
internal readonly struct SceneBackground
{
    private readonly Kind _kind;
    private readonly SKColor _first;
    private readonly SKColor _second;

    private SceneBackground(Kind kind, SKColor first, SKColor second) => (_kind, _first, _second) = (kind, first, second);

    private enum Kind
    {
        Plain,
        Gradient,
        Stripes,
        Checks,
        Dots,
        Noise,
    }

    /// <summary>Draws the choice of a background.</summary>
    public static SceneBackground Draw(ref SceneRandom random)
    {
        Kind kind = (Kind)random.Weighted([3, 3, 1, 1, 1, 2]);
        SKColor first = ShapeInk.DrawBackground(ref random);
        SKColor second = kind switch
        {
            Kind.Plain or Kind.Noise => first,
            _ => ShapeInk.Vary(first, kind == Kind.Gradient ? 50 : 32, ref random),
        };
        return new SceneBackground(kind, first, second);
    }

    /// <summary>Whether a colour can be told from the background everywhere.</summary>
    public bool Contrasts(ShapeColor color) => ShapeInk.StandsOut(color, _first) && ShapeInk.StandsOut(color, _second);

    /// <summary>Paints all of a picture.</summary>
    public void Paint(SKCanvas canvas, SKBitmap bitmap, ref SceneRandom random)
    {
        canvas.Clear(_first);
        switch (_kind)
        {
            case Kind.Gradient:
                PaintGradient(canvas, bitmap, ref random);
                break;
            case Kind.Stripes or Kind.Checks or Kind.Dots:
                PaintTexture(canvas, bitmap, ref random);
                break;
            case Kind.Noise:
                PaintNoise(bitmap, random.Integer(6, 28), ref random);
                break;
        }
    }

    /// <summary>Adds noise of at most <paramref name="amount"/> to every channel.</summary>
    public static void PaintNoise(SKBitmap bitmap, int amount, ref SceneRandom random)
    {
        Span<byte> pixels = bitmap.GetPixelSpan();
        int width = (2 * amount) + 1;
        for (int i = 0; i < pixels.Length; i += 4)
        {
            // 16 of 64 bits for each of three channels; the fourth byte is alpha, and stays.
            ulong bits = random.Bits();
            pixels[i] = Shift(pixels[i], (int)(bits & 0xFFFF));
            pixels[i + 1] = Shift(pixels[i + 1], (int)((bits >> 16) & 0xFFFF));
            pixels[i + 2] = Shift(pixels[i + 2], (int)((bits >> 32) & 0xFFFF));
        }

        byte Shift(byte channel, int noise) => (byte)Math.Clamp(channel + ((noise * width) >> 16) - amount, 0, 255);
    }

    private void PaintGradient(SKCanvas canvas, SKBitmap bitmap, ref SceneRandom random)
    {
        float angle = random.Between(0, 2 * Math.PI);
        SKPoint middle = new(bitmap.Width / 2f, bitmap.Height / 2f);
        SKPoint reach = new(middle.X * MathF.Cos(angle), middle.Y * MathF.Sin(angle));
        using SKShader shader = SKShader.CreateLinearGradient(middle - reach, middle + reach, [_first, _second], null, SKShaderTileMode.Clamp);
        using SKPaint paint = new() { Shader = shader };
        canvas.DrawPaint(paint);
    }

    private void PaintTexture(SKCanvas canvas, SKBitmap bitmap, ref SceneRandom random)
    {
        using SKPaint paint = new() { Color = _second, IsAntialias = true };
        float reach = bitmap.Width + bitmap.Height;
        float step = reach * random.Between(0.03, 0.08);
        canvas.Save();
        canvas.RotateDegrees(random.Between(0, 180), bitmap.Width / 2f, bitmap.Height / 2f);
        int row = 0;
        for (float y = -reach / 4; y < reach; y += step, row++)
        {
            if (_kind == Kind.Stripes)
            {
                canvas.DrawRect(-reach, y, 3 * reach, step / 2, paint);
                continue;
            }
            for (float x = (-reach / 4) + (row % 2 * step); x < reach; x += 2 * step)
            {
                if (_kind == Kind.Checks)
                {
                    canvas.DrawRect(x, y, step, step, paint);
                }
                else
                {
                    canvas.DrawCircle(x, y, step / 3, paint);
                }
            }
        }
        canvas.Restore();
    }
}
