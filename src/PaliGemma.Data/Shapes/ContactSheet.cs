using PaliGemma.Imaging;
using PaliGemma.Tasks;
using SkiaSharp;

namespace PaliGemma.Data.Shapes;

/// <summary>
/// Shows scenes side by side, each as it is and with the boxes and masks of what is in it, over some of the examples made from it: what a
/// person looks at before a model is trained on them.
/// </summary>
public static class ContactSheet
{
    private const int Columns = 4;
    private const int PictureSide = 200;
    private const int Margin = 8;
    private const int LineHeight = 15;
    private const int CellWidth = (2 * PictureSide) + (3 * Margin);

    private static readonly SceneTask[] Shown = [SceneTask.Caption, SceneTask.Answer, SceneTask.Answer, SceneTask.Ocr, SceneTask.Detect];

    /// <summary>Draws the sheet.</summary>
    /// <param name="generator">Draws the scenes.</param>
    /// <param name="examiner">Makes the examples.</param>
    /// <param name="first">The number of the first scene.</param>
    /// <param name="count">How many scenes.</param>
    public static RgbImage Draw(SceneGenerator generator, SceneExaminer examiner, long first, int count)
    {
        ArgumentNullException.ThrowIfNull(generator);
        ArgumentNullException.ThrowIfNull(examiner);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        int cellHeight = PictureSide + (3 * Margin) + (Shown.Length * LineHeight);
        int rows = (count + Columns - 1) / Columns;
        using SKBitmap bitmap = new(new SKImageInfo(Columns * CellWidth, checked(rows * cellHeight), SKColorType.Rgba8888, SKAlphaType.Opaque));
        using (SKCanvas canvas = new(bitmap))
        {
            canvas.Clear(SKColors.White);
            for (int i = 0; i < count; i++)
            {
                canvas.Save();
                canvas.Translate(i % Columns * CellWidth, i / Columns * cellHeight);
                canvas.ClipRect(SKRect.Create(CellWidth, cellHeight));
                DrawCell(canvas, generator.Draw(first + i), examiner, first + i);
                canvas.Restore();
            }
        }
        return RgbBitmap.ToImage(bitmap);
    }

    private static void DrawCell(SKCanvas canvas, Scene scene, SceneExaminer examiner, long index)
    {
        RgbImage image = scene.Image;
        IEnumerable<DetectedObject> shapes = scene.Shapes.Select(shape => new DetectedObject(
            "", shape.Box, shape.Box.ToPixels(image.Width, image.Height), Score: null, MaskCodes: null, shape.Mask));
        IEnumerable<DetectedObject> words = scene.Words.Select(word => new DetectedObject(
            "", word.Box, word.Box.ToPixels(image.Width, image.Height), Score: null, MaskCodes: null));
        DrawPicture(canvas, image, Margin);
        DrawPicture(canvas, OverlayRenderer.Render(image, [.. shapes, .. words]), PictureSide + (2 * Margin));
        using SKFont font = new(SceneWords.Fonts[0], 11);
        using SKPaint ink = new() { Color = SKColors.Black, IsAntialias = true };
        for (int i = 0; i < Shown.Length; i++)
        {
            SceneExample example = examiner.Ask(scene, index, Shown[i], i);
            string text = $"{example.Prefix} → {example.Suffix.Replace('\n', '|')}";
            canvas.DrawText(text, Margin, PictureSide + (2 * Margin) + ((i + 1) * LineHeight), SKTextAlign.Left, font, ink);
        }
    }

    private static void DrawPicture(SKCanvas canvas, RgbImage image, float left)
    {
        using SKBitmap bitmap = RgbBitmap.Of(image);
        using SKImage picture = SKImage.FromBitmap(bitmap);
        float scale = (float)PictureSide / Math.Max(image.Width, image.Height);
        canvas.DrawImage(picture, SKRect.Create(left, Margin, image.Width * scale, image.Height * scale), SKSamplingOptions.Default);
    }
}
