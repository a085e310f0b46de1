using System.Globalization;
using PaliGemma.Tasks;
using SkiaSharp;

namespace PaliGemma.Imaging;

/// <summary>
/// Draws found objects over their picture: translucent masks, boxes, and a plate with label and score. Sizes follow the picture's. Text is set in whatever fonts
/// the machine has, character by character and without shaping, so that scripts whose letters join appear unjoined; where a machine has no font at all, boxes
/// and masks are drawn and plates are left out.
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
            List<SKRect> plates = [];
            foreach (DetectedObject found in objects)
            {
                DrawPlate(canvas, image, found, palette[found.Label], line, plates);
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

    private static void DrawPlate(SKCanvas canvas, RgbImage image, DetectedObject found, SKColor color, int line, List<SKRect> plates)
    {
        string score = found.Score is float value ? value.ToString("P0", CultureInfo.InvariantCulture) : "";
        IReadOnlyList<(SKTypeface Typeface, string Text)> runs = LabelFonts.Runs($"{found.Label} {score}".Trim());
        if (runs.Count == 0)
        {
            return;
        }
        float size = Math.Clamp(Math.Min(image.Width, image.Height) / 26f, 9, 64);
        SKFont[] fonts = [.. runs.Select(run => new SKFont(run.Typeface, size))];
        float width = runs.Zip(fonts, (run, font) => font.MeasureText(run.Text)).Sum();
        float padding = size / 4;
        float ascent = fonts.Max(font => -font.Metrics.Ascent);
        float height = ascent + fonts.Max(font => font.Metrics.Descent) + padding;
        SKRect plate = Place(image, Outline(image, found.PixelBox), width + (2 * padding), height, line, plates);
        plates.Add(plate);
        using SKPaint background = new() { Color = color, IsAntialias = false };
        canvas.DrawRect(plate, background);
        using SKPaint ink = new() { Color = LabelPalette.TextOn(color), IsAntialias = true };
        canvas.Save();
        canvas.ClipRect(plate);
        float x = plate.Left + padding;
        for (int i = 0; i < fonts.Length; i++)
        {
            canvas.DrawText(runs[i].Text, x, plate.Top + (padding / 2) + ascent, SKTextAlign.Left, fonts[i], ink);
            x += fonts[i].MeasureText(runs[i].Text);
            fonts[i].Dispose();
        }
        canvas.Restore();
    }

    /// <summary>Above the box, else inside its top, else below it: the first place in the picture that no other plate has.</summary>
    private static SKRect Place(RgbImage image, SKRectI box, float width, float height, int line, List<SKRect> plates)
    {
        width = MathF.Ceiling(Math.Min(width, image.Width));
        height = MathF.Ceiling(Math.Min(height, image.Height));
        float left = Math.Clamp(box.Left, 0, image.Width - width);
        float[] tops = [box.Top - height, box.Top + line, box.Bottom, box.Bottom - line - height];
        SKRect[] places =
        [
            .. tops.Where(top => top >= 0 && top + height <= image.Height).Select(top => SKRect.Create(left, top, width, height)),
            SKRect.Create(left, Math.Clamp(box.Top, 0, image.Height - height), width, height),
        ];
        foreach (SKRect place in places)
        {
            if (!plates.Exists(place.IntersectsWith))
            {
                return place;
            }
        }
        return places[0];
    }
}
