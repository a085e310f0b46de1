using PaliGemma;
using PaliGemma.Imaging;
using PaliGemma.Tasks;
using PaliGemma.Training.Data;
using SkiaSharp;

namespace FineTune;

/// <summary>Pictures of one heart, half of them with the question where it is, half with the question what there is.</summary>
internal sealed class HeartExamples : IExampleSource
{
    private const int Side = 224;

    private static readonly (string Name, SKColor Color)[] Colors =
        [("red", SKColors.Red), ("green", SKColors.Green), ("blue", SKColors.Blue), ("orange", SKColors.Orange), ("purple", SKColors.Purple)];

    public TrainingExample Read(long index)
    {
        // What an index gives depends on nothing else: so a run can be resumed, and threads can read ahead.
        SplitMix64 random = new(SplitMix64.Derive(42, (ulong)index));
        (string name, SKColor color) = Colors[random.Next(Colors.Length)];
        float size = 50 + random.Next(80), x = random.Next(Side - (int)size), y = random.Next(Side - (int)size);
        RgbImage image = Draw(x, y, size, color);
        BoundingBox box = new(y / Side, x / Side, (y + size) / Side, (x + size) / Side);
        return random.Next(2) == 0
            ? new TrainingExample([image], "detect heart", ObjectText.Format("heart", box))
            : new TrainingExample([image], "caption en", $"a {name} heart");
    }

    private static RgbImage Draw(float x, float y, float size, SKColor color)
    {
        using SKBitmap bitmap = new(new SKImageInfo(Side, Side, SKColorType.Rgb888x));
        using SKCanvas canvas = new(bitmap);
        canvas.Clear(SKColors.White);
        using SKPaint paint = new() { Color = color, IsAntialias = true };
        // Two half circles and a triangle.
        float half = size / 2, quarter = size / 4;
        canvas.DrawCircle(x + quarter, y + quarter, quarter, paint);
        canvas.DrawCircle(x + size - quarter, y + quarter, quarter, paint);
        using SKPathBuilder tip = new();
        tip.MoveTo(x + 2, y + (size * 0.35f));
        tip.LineTo(x + size - 2, y + (size * 0.35f));
        tip.LineTo(x + half, y + size);
        tip.Close();
        using SKPath path = tip.Detach();
        canvas.DrawPath(path, paint);
        ReadOnlySpan<byte> rgbx = bitmap.GetPixelSpan();
        byte[] pixels = new byte[Side * Side * 3];
        for (int i = 0; i < Side * Side; i++)
        {
            rgbx.Slice(4 * i, 3).CopyTo(pixels.AsSpan(3 * i));
        }
        return new RgbImage(Side, Side, pixels);
    }
}
