using PaliGemma.Imaging;
using PaliGemma.Tasks;
using SkiaSharp;

namespace PaliGemma.Data.Shapes;

/// <summary>
/// Draws scenes: one to six coloured shapes that hardly overlap, some with printed words, on plain, gradient, textured or noisy
/// backgrounds, in pictures of varied sizes. Scene <c>i</c> of a seed is always the same, whatever was drawn before it; on another machine
/// its words may have other fonts.
/// </summary>
/// <param name="seed">Different seeds give different scenes.</param>
/// <param name="options">What scenes.</param>
public sealed class SceneGenerator(ulong seed, SceneOptions options)
{
    /// <summary>The largest width divided by height, and height divided by width.</summary>
    private const double LargestAspect = 1.4;

    /// <summary>Tries to find room for a shape or a word before a smaller scene is drawn instead.</summary>
    private const int Tries = 40;

    /// <summary>Draws a scene.</summary>
    /// <param name="index">Its number, from 0.</param>
    /// <exception cref="ModelFileException">The scene has words, and this machine has no font for them.</exception>
    public Scene Draw(long index)
    {
        SceneRandom random = new(seed, index, stream: 0);
        SceneLayout layout = DrawLayout(ref random);
        using SKBitmap bitmap = new(new SKImageInfo(layout.Width, layout.Height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        // Each pixel has the number of the shape seen in it, from 1; 0 for none.
        using SKBitmap owners = new(new SKImageInfo(layout.Width, layout.Height, SKColorType.Alpha8, SKAlphaType.Premul));
        using (SKCanvas canvas = new(bitmap))
        using (SKCanvas ownerCanvas = new(owners))
        {
            layout.Background.Paint(canvas, bitmap, ref random);
            ownerCanvas.Clear(SKColors.Transparent);
            for (int i = 0; i < layout.Shapes.Count; i++)
            {
                PaintShape(canvas, ownerCanvas, layout.Shapes[i], (byte)(i + 1), ref random);
            }
            foreach (PlacedWord word in layout.Words)
            {
                PaintWord(canvas, word, ref random);
            }
        }
        if (random.Chance(0.15))
        {
            SceneBackground.PaintNoise(bitmap, random.Integer(3, 14), ref random);
        }
        RgbImage image = RgbBitmap.ToImage(bitmap);
        if (random.Chance(0.25))
        {
            using SKData jpeg = bitmap.Encode(SKEncodedImageFormat.Jpeg, random.Integer(35, 90));
            image = ImageFile.Decode(jpeg.ToArray(), "scene");
        }
        return new Scene(
            image,
            [
                .. Shapes(layout, owners)
                    .OrderBy(shape => LocationTokens.Encode(shape.Box.Y1))
                    .ThenBy(shape => LocationTokens.Encode(shape.Box.X1)),
            ],
            [.. layout.Words.Select(word => word.ToWord(layout.Width, layout.Height)).OrderBy(word => word.Box.Y1)]);
    }

    private SceneLayout DrawLayout(ref SceneRandom random)
    {
        int side = random.Integer(options.SmallestSide, options.LargestSide);
        double aspect = Math.Exp(random.Between(-Math.Log(LargestAspect), Math.Log(LargestAspect)));
        (int width, int height) = aspect > 1 ? (side, (int)(side / aspect)) : ((int)(side * aspect), side);
        SceneLayout layout = new(width, height, SceneBackground.Draw(ref random));
        bool hasWords = random.Chance(options.WordShare);
        int shapes = hasWords ? random.Integer(0, Math.Min(2, options.MostShapes)) : random.Integer(options.FewestShapes, options.MostShapes);
        if (hasWords)
        {
            AddWords(layout, ref random);
        }
        for (int i = 0; i < shapes; i++)
        {
            AddShape(layout, shapes, ref random);
        }
        // Very rarely nothing of what was to be drawn has found a place.
        bool isLost = layout.Shapes.Count + layout.Words.Count == 0 && (hasWords || shapes > 0);
        return isLost ? DrawLayout(ref random) : layout;
    }

    private static void AddWords(SceneLayout layout, ref SceneRandom random)
    {
        int count = random.Integer(1, 2);
        for (int i = 0; i < count; i++)
        {
            for (int attempt = 0; attempt < Tries; attempt++)
            {
                string text = random.Pick(SceneWords.All);
                SKTypeface typeface = random.Pick(SceneWords.Fonts);
                ShapeColor color = (ShapeColor)random.Integer(0, 7);
                using SKFont font = new(typeface, 100);
                float natural = font.MeasureText(text);
                float fontSize = Math.Min(100 * layout.Width * random.Between(0.45, 0.9) / natural, layout.Height * 0.4f);
                PlacedWord word = PlacedWord.Create(text, typeface, fontSize, color, ref random, layout);
                if (layout.Background.Contrasts(color) && layout.IsFree(word.Bounds, mostOverlap: 0) && layout.Contains(word.Bounds))
                {
                    layout.Words.Add(word);
                    break;
                }
            }
        }
    }

    private static void AddShape(SceneLayout layout, int count, ref SceneRandom random)
    {
        double largest = count switch { <= 2 => 0.5, <= 4 => 0.4, _ => 0.34 };
        for (int attempt = 0; attempt < Tries; attempt++)
        {
            // Kinds and colours come again more often than by chance, so that there is something to count.
            PlacedShape? model = layout.Shapes.Count > 0 && random.Chance(0.45) ? random.Pick(layout.Shapes) : null;
            ShapeKind kind = model?.Kind ?? (ShapeKind)random.Integer(0, 5);
            ShapeColor color = model is not null && random.Chance(0.6) ? model.Color : (ShapeColor)random.Integer(0, 7);
            float size = Math.Min(layout.Width, layout.Height) * random.Between(0.15, largest);
            SKPoint center = new(layout.Width * random.Between(0, 1), layout.Height * random.Between(0, 1));
            float turn = random.Between(-1, 1);
            if (!layout.Background.Contrasts(color))
            {
                continue;
            }
            PlacedShape shape = new(kind, color, turn, ShapeOutline.Create(kind, center, size, ShapeOutline.LargestTurn(kind) * turn));
            if (layout.Contains(shape.Bounds) && layout.IsFree(shape.Bounds, mostOverlap: 0.06f))
            {
                layout.Shapes.Add(shape);
                return;
            }
            shape.Outline.Dispose();
        }
    }

    private static void PaintShape(SKCanvas canvas, SKCanvas owners, PlacedShape shape, byte number, ref SceneRandom random)
    {
        using SKPaint paint = new() { Color = ShapeInk.Draw(shape.Color, ref random), IsAntialias = true };
        using SKPaint owner = new() { Color = new SKColor(0, 0, 0, number), BlendMode = SKBlendMode.Src };
        canvas.DrawPath(shape.Outline, paint);
        owners.DrawPath(shape.Outline, owner);
        shape.Outline.Dispose();
    }

    private static void PaintWord(SKCanvas canvas, PlacedWord word, ref SceneRandom random)
    {
        using SKFont font = new(word.Typeface, word.FontSize) { Edging = SKFontEdging.Antialias };
        using SKPaint paint = new() { Color = ShapeInk.Draw(word.Color, ref random), IsAntialias = true };
        canvas.Save();
        canvas.RotateDegrees(random.Between(-4, 4), word.Bounds.MidX, word.Bounds.MidY);
        canvas.DrawText(word.Text, word.Origin, SKTextAlign.Left, font, paint);
        canvas.Restore();
    }

    /// <summary>The shapes that can be seen; one that others cover all of is left out.</summary>
    private static IEnumerable<SceneShape> Shapes(SceneLayout layout, SKBitmap owners)
    {
        for (int i = 0; i < layout.Shapes.Count; i++)
        {
            PlacedShape shape = layout.Shapes[i];
            if (Mask(shape.Bounds, owners, (byte)(i + 1)) is InstanceMask mask)
            {
                yield return new SceneShape(shape.Kind, shape.Color, mask) { Turn = shape.Kind == ShapeKind.Circle ? null : shape.Turn };
            }
        }
    }

    /// <summary>The pixels that belong to a shape, all of which are within its bounds; null if there are none.</summary>
    private static InstanceMask? Mask(SKRect bounds, SKBitmap owners, byte number)
    {
        SKRectI area = SKRectI.Intersect(SKRectI.Ceiling(bounds, outwards: true), new SKRectI(0, 0, owners.Width, owners.Height));
        ReadOnlySpan<byte> numbers = owners.GetPixelSpan();
        int stride = owners.RowBytes; // Each time it is asked for is a call of native code.
        (int top, int bottom, int left, int right) = (area.Bottom, area.Top, area.Right, area.Left);
        for (int y = area.Top; y < area.Bottom; y++)
        {
            ReadOnlySpan<byte> row = numbers.Slice((y * stride) + area.Left, area.Width);
            int first = row.IndexOf(number);
            if (first >= 0)
            {
                (top, bottom) = (Math.Min(top, y), y + 1);
                (left, right) = (Math.Min(left, area.Left + first), Math.Max(right, area.Left + row.LastIndexOf(number) + 1));
            }
        }
        if (bottom <= top)
        {
            return null;
        }
        byte[] coverage = new byte[(bottom - top) * (right - left)];
        for (int i = 0; i < coverage.Length; i++)
        {
            (int y, int x) = Math.DivRem(i, right - left);
            coverage[i] = numbers[((top + y) * stride) + left + x] == number ? byte.MaxValue : (byte)0;
        }
        return new InstanceMask(owners.Width, owners.Height, left, top, right - left, bottom - top, coverage);
    }
}
