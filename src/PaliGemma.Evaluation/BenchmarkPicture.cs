using PaliGemma.Evaluation.Pictures;
using PaliGemma.Imaging;
using PaliGemma.Tasks;
using SkiaSharp;

namespace PaliGemma.Evaluation;

/// <summary>A benchmark's pictures, and what some benchmarks draw into them.</summary>
internal static class BenchmarkPicture
{
    private static readonly byte[] Red = [byte.MaxValue, 0, 0];

    /// <summary>What names of picture files end with, in lower case.</summary>
    public static IReadOnlyList<string> Extensions { get; } = [.. ImageFile.Extensions, .. TiffFile.Extensions];

    /// <summary>Reads a picture file; TIFF as well.</summary>
    /// <exception cref="ModelFileException">The file is missing, damaged, too large or no picture.</exception>
    public static RgbImage Load(string path) => TiffFile.IsNamed(path) ? TiffFile.Load(path) : ImageFile.Load(path);

    /// <summary>The size of the picture in a file, in pixels.</summary>
    /// <exception cref="ModelFileException">The file is missing, damaged, too large or no picture.</exception>
    public static (int Width, int Height) ReadSize(string path) =>
        TiffFile.IsNamed(path) && TiffFile.Load(path) is { } tiff ? (tiff.Width, tiff.Height) : ImageFile.ReadSize(path);

    /// <summary>Writes texts in black on white, as large as their places allow.</summary>
    public static RgbImage Draw(RgbImage image, IReadOnlyList<PictureText> texts)
    {
        if (texts.Count == 0)
        {
            return image;
        }
        using SKBitmap bitmap = RgbBitmap.Of(image);
        using (SKCanvas canvas = new(bitmap))
        using (SKPaint white = new() { Color = SKColors.White })
        using (SKPaint black = new() { Color = SKColors.Black, IsAntialias = true })
        using (SKFont font = new(SKTypeface.Default))
        {
            foreach (PictureText text in texts)
            {
                PixelBox place = text.Place;
                canvas.DrawRect(place.X1, place.Y1, place.Width, place.Height, white);
                font.Size = Math.Max(place.Height, 1);
                float width = Math.Max(font.MeasureText(text.Text), 1);
                font.Size *= Math.Min(1, place.Width / width);
                canvas.DrawText(text.Text, place.X1 + (place.Width / 2), place.Y2 - font.Metrics.Descent, SKTextAlign.Center, font, black);
            }
        }
        return RgbBitmap.ToImage(bitmap);
    }

    /// <summary>Draws a red frame, one pixel wide (tf.image.draw_bounding_boxes).</summary>
    public static RgbImage Draw(RgbImage image, BoundingBox? frame)
    {
        if (frame is not BoundingBox box)
        {
            return image;
        }
        RgbImage drawn = new(image.Width, image.Height, [.. image.Pixels]);
        (int top, int bottom) = (Edge(box.Y1, image.Height), Edge(box.Y2, image.Height));
        (int left, int right) = (Edge(box.X1, image.Width), Edge(box.X2, image.Width));
        for (int y = Math.Max(top, 0); y <= Math.Min(bottom, image.Height - 1); y++)
        {
            for (int x = Math.Max(left, 0); x <= Math.Min(right, image.Width - 1); x++)
            {
                if (y == top || y == bottom || x == left || x == right)
                {
                    Red.CopyTo(drawn.Pixels, 3 * ((y * image.Width) + x));
                }
            }
        }
        return drawn;

        static int Edge(float place, int length) => (int)(Math.Clamp(place, -1, 2) * (length - 1));
    }
}
