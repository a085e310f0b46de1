using System.Globalization;
using PaliGemma.Tasks;
using SkiaSharp;

namespace PaliGemma.Imaging;

/// <summary>
/// Draws found objects over their picture: translucent masks, boxes, and a plate with label and score. Sizes follow the picture's. Text is
/// set in whatever fonts the machine has; where it has none at all, boxes and masks are drawn and plates are left out.
/// </summary>
public static class OverlayRenderer
{
    /// <summary>The share of a mask's colour where it covers a pixel wholly, in 256ths.</summary>
    private const int MaskOpacity = 115;

    /// <summary>Returns a copy of <paramref name="image"/> with <paramref name="objects"/> drawn over it.</summary>
    public static RgbImage Render(RgbImage image, IReadOnlyList<DetectedObject> objects)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(objects);
        LabelPalette palette = new();
        byte[] pixels = (byte[])image.Pixels.Clone();
        foreach (DetectedObject found in objects)
        {
            DrawMask(pixels, image.Width, image.Height, found, palette[found.Label]);
        }
        using SKBitmap bitmap = RgbBitmap.Of(new RgbImage(image.Width, image.Height, pixels));
        using (SKCanvas canvas = new(bitmap))
        {
            int line = Math.Max(1, (int)MathF.Round(Math.Min(image.Width, image.Height) / 180f));
            foreach (DetectedObject found in objects)
            {
                DrawBox(canvas, image, found.PixelBox, palette[found.Label], line);
            }
            LabelPlacement placement = new(image.Width, image.Height);
            foreach (DetectedObject found in objects)
            {
                DrawPlate(canvas, image, found, palette[found.Label], line, placement);
            }
        }
        return RgbBitmap.ToImage(bitmap);
    }

    /// <summary>The rectangle of whole pixels that shows a box: inside the picture, and at least one pixel.</summary>
    internal static SKRectI Outline(RgbImage image, PixelBox box)
    {
        int left = Edge(box.X1, image.Width - 1);
        int top = Edge(box.Y1, image.Height - 1);
        return new SKRectI(left, top, Math.Max(left + 1, Edge(box.X2, image.Width)), Math.Max(top + 1, Edge(box.Y2, image.Height)));
    }

    private static int Edge(float position, int end) => float.IsNaN(position) ? 0 : (int)MathF.Round(Math.Clamp(position, 0, end));

    private static void DrawMask(byte[] pixels, int width, int height, DetectedObject found, SKColor color)
    {
        if (found.Mask is not InstanceMask mask)
        {
            return;
        }
        for (int y = mask.Y; y < Math.Min(height, mask.Y + mask.Height); y++)
        {
            for (int x = mask.X; x < Math.Min(width, mask.X + mask.Width); x++)
            {
                int opacity = mask.Coverage[((y - mask.Y) * mask.Width) + x - mask.X] * MaskOpacity / 255;
                Span<byte> pixel = pixels.AsSpan(3 * ((y * width) + x), 3);
                pixel[0] = Blend(pixel[0], color.Red, opacity);
                pixel[1] = Blend(pixel[1], color.Green, opacity);
                pixel[2] = Blend(pixel[2], color.Blue, opacity);
            }
        }
    }

    private static byte Blend(byte below, byte above, int opacity) => (byte)(((below * (256 - opacity)) + (above * opacity) + 128) >> 8);

    private static void DrawBox(SKCanvas canvas, RgbImage image, PixelBox box, SKColor color, int line)
    {
        SKRectI outer = Outline(image, box);
        int thickness = Math.Min(line, Math.Min(outer.Width, outer.Height));
        using SKPaint paint = new() { Color = color, IsAntialias = false };
        canvas.DrawRect(SKRect.Create(outer.Left, outer.Top, outer.Width, thickness), paint);
        canvas.DrawRect(SKRect.Create(outer.Left, outer.Bottom - thickness, outer.Width, thickness), paint);
        canvas.DrawRect(SKRect.Create(outer.Left, outer.Top, thickness, outer.Height), paint);
        canvas.DrawRect(SKRect.Create(outer.Right - thickness, outer.Top, thickness, outer.Height), paint);
    }

    private static void DrawPlate(SKCanvas canvas, RgbImage image, DetectedObject found, SKColor color, int line, LabelPlacement placement)
    {
        float size = Math.Clamp(Math.Min(image.Width, image.Height) / 26f, 9, 64);
        float padding = size / 4;
        string score = found.Score is float value ? value.ToString("P0", CultureInfo.InvariantCulture) : "";
        using LabelText? text = LabelText.Fit(found.Label, score, size, image.Width - (2 * padding));
        if (text is null)
        {
            return;
        }
        SKRect plate = placement.Place(
            Outline(image, found.PixelBox), text.Width + (2 * padding), text.Ascent + text.Descent + padding, line);
        using SKPaint background = new() { Color = color, IsAntialias = false };
        canvas.DrawRect(plate, background);
        using SKPaint ink = new() { Color = LabelPalette.TextOn(color), IsAntialias = true };
        canvas.Save();
        canvas.ClipRect(plate);
        text.Draw(canvas, plate.Left + padding, plate.Top + (padding / 2) + text.Ascent, ink);
        canvas.Restore();
    }
}
