using System.Globalization;
using SkiaSharp;

namespace PaliGemma.Training.Reporting;

/// <summary>Draws the loss of a run over its steps as a PNG: every step faintly, a running mean, and the losses of evaluations as dots.</summary>
public static class LossPlot
{
    private const int Width = 960, Height = 540, Left = 72, Right = 24, Top = 24, Bottom = 48, Lines = 5;

    /// <summary>The part of the running mean that a new step has.</summary>
    private const double Smoothing = 0.05;

    private static readonly SKColor Faint = new(0x1F, 0x77, 0xB4, 0x50), Strong = new(0x1F, 0x77, 0xB4);
    private static readonly SKColor Dots = new(0xD6, 0x27, 0x28), Grid = new(0xDD, 0xDD, 0xDD);

    /// <summary>Writes the plot; a file of that name is replaced.</summary>
    /// <param name="path">The PNG.</param>
    /// <param name="training">Step and loss, in the order of steps.</param>
    /// <param name="validation">The same of evaluations.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Save(string path, IReadOnlyList<(long Step, double Loss)> training, IReadOnlyList<(long Step, double Loss)> validation)
    {
        ArgumentNullException.ThrowIfNull(training);
        ArgumentNullException.ThrowIfNull(validation);
        using SKSurface surface = SKSurface.Create(new SKImageInfo(Width, Height));
        SKCanvas canvas = surface.Canvas;
        canvas.Clear(SKColors.White);
        long last = Math.Max(1, training.Concat(validation).Select(point => point.Step).DefaultIfEmpty().Max());
        double highest = Math.Max(1e-6, training.Concat(validation).Select(point => point.Loss).Where(double.IsFinite).DefaultIfEmpty(1).Max());
        DrawAxes(canvas, last, highest);
        DrawLine(canvas, [.. training.Select(Place)], Faint, 1);
        DrawLine(canvas, [.. Smooth(training).Select(Place)], Strong, 2);
        using SKPaint dots = new() { Color = Dots, IsAntialias = true };
        foreach ((long Step, double Loss) point in validation)
        {
            canvas.DrawCircle(Place(point), 4, dots);
        }
        using SKImage image = surface.Snapshot();
        using SKData data = image.Encode(SKEncodedImageFormat.Png, 100);
        StagedPath.WriteFile(path, file => File.WriteAllBytes(file, data.ToArray()));

        SKPoint Place((long Step, double Loss) point) => new(
            Left + ((Width - Left - Right) * (float)point.Step / last),
            Top + ((Height - Top - Bottom) * (float)(1 - (double.IsFinite(point.Loss) ? point.Loss / highest : 1))));
    }

    private static IEnumerable<(long Step, double Loss)> Smooth(IReadOnlyList<(long Step, double Loss)> points)
    {
        double mean = points.Count > 0 ? points[0].Loss : 0;
        foreach ((long step, double loss) in points)
        {
            mean += Smoothing * (loss - mean);
            yield return (step, mean);
        }
    }

    private static void DrawLine(SKCanvas canvas, SKPoint[] points, SKColor color, float width)
    {
        using SKPaint paint = new() { Color = color, StrokeWidth = width, IsAntialias = true, Style = SKPaintStyle.Stroke };
        canvas.DrawPoints(SKPointMode.Polygon, points, paint);
    }

    private static void DrawAxes(SKCanvas canvas, long lastStep, double highestLoss)
    {
        using SKPaint grid = new() { Color = Grid };
        using SKPaint ink = new() { Color = SKColors.Black, IsAntialias = true };
        using SKFont font = new(SKTypeface.Default, 14);
        for (int i = 0; i <= Lines; i++)
        {
            float part = (float)i / Lines;
            float x = Left + ((Width - Left - Right) * part);
            float y = Height - Bottom - ((Height - Top - Bottom) * part);
            canvas.DrawLine(Left, y, Width - Right, y, grid);
            canvas.DrawText(Number(highestLoss * part), Left - 8, y + 5, SKTextAlign.Right, font, ink);
            canvas.DrawText(Number(lastStep * part), x, Height - Bottom + 20, SKTextAlign.Center, font, ink);
        }
        canvas.DrawText("step", Width / 2f, Height - 8, SKTextAlign.Center, font, ink);
        canvas.DrawText("loss", 8, Top + 5, SKTextAlign.Left, font, ink);
    }

    private static string Number(double value) => value.ToString(value >= 100 ? "F0" : "G3", CultureInfo.InvariantCulture);
}
