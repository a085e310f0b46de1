using PaliGemma.Imaging;
using PaliGemma.Tasks;

namespace PaliGemma.Data.Shapes;

/// <summary>A drawn picture and what is in it.</summary>
/// <param name="Image">The picture.</param>
/// <param name="Shapes">From top to bottom, by the token of the upper edge; where it is the same, from left to right.</param>
/// <param name="Words">From top to bottom.</param>
public sealed record Scene(RgbImage Image, IReadOnlyList<SceneShape> Shapes, IReadOnlyList<SceneWord> Words)
{
    /// <summary>For each shape, then for each word, which part of a caption is about it, counted from 1.</summary>
    public IReadOnlyList<int> CaptionParts()
    {
        IReadOnlyList<(ShapeKind Kind, ShapeColor Color, int Count)> groups = ShapeLanguage.GroupsOf(this);
        IEnumerable<int> shapes = Shapes.Select(shape =>
            1 + groups.TakeWhile(group => group.Kind != shape.Kind || group.Color != shape.Color).Count());
        return [.. shapes, .. Words.Select(_ => groups.Count + 1)];
    }
}

/// <summary>A shape in a scene.</summary>
/// <param name="Kind">Its shape.</param>
/// <param name="Color">Its colour.</param>
/// <param name="Mask">The pixels in which it can be seen: exact, without those that another shape covers.</param>
public sealed record SceneShape(ShapeKind Kind, ShapeColor Color, InstanceMask Mask)
{
    /// <summary>The smallest box around the mask, as a fraction of the picture.</summary>
    public BoundingBox Box { get; } = new(
        (float)Mask.Y / Mask.PictureHeight,
        (float)Mask.X / Mask.PictureWidth,
        (float)(Mask.Y + Mask.Height) / Mask.PictureHeight,
        (float)(Mask.X + Mask.Width) / Mask.PictureWidth);

    /// <summary>
    /// By which part of the largest turn of its kind it is turned clockwise, -1 … 1; null where that is not known or, as of a circle, not
    /// seen.
    /// </summary>
    public float? Turn { get; init; }

    /// <summary>Whether it is what somebody means by "star" or "red star".</summary>
    public bool IsCalled(string name) => name == EnglishShapes.Name(Kind) || name == $"{EnglishShapes.Name(Color)} {EnglishShapes.Name(Kind)}";

    /// <summary>
    /// The mask in its box as <see cref="MaskEncoder.Encode(ReadOnlySpan{float})"/> takes it [64, 64], 0 outside and 1 inside.
    /// </summary>
    public float[] ToSquareMask() => BilinearResampler.Resize(
        Array.ConvertAll(Mask.Coverage, value => value / 255f), Mask.Width, Mask.Height, MaskDecoder.Side, MaskDecoder.Side);

    /// <summary>
    /// Likewise the shape as it was meant, without the steps of the picture's pixels and with what another shape covers. Its codes follow
    /// from <see cref="Kind"/> and <see cref="Turn"/> alone; those of <see cref="ToSquareMask"/> also from where exactly a small shape lies
    /// among the pixels, which nobody can see in a picture that was made smaller.
    /// </summary>
    public float[] ToIdealMask() => ShapeOutline.Fill(Kind, Turn ?? 0, MaskDecoder.Side);
}

/// <summary>A printed word in a scene.</summary>
/// <param name="Text">The word.</param>
/// <param name="Box">The box around its letters, as a fraction of the picture.</param>
/// <param name="LetterEnds">Where each letter ends on the right, as a fraction of the picture.</param>
public sealed record SceneWord(string Text, BoundingBox Box, IReadOnlyList<float> LetterEnds)
{
    /// <summary>All words that scenes have.</summary>
    public static IReadOnlyList<string> Vocabulary => SceneWords.All;

    /// <summary>Its place in <see cref="Vocabulary"/>.</summary>
    public int Number { get; } = Array.IndexOf(SceneWords.All, Text);

    /// <summary>The number of the letter at a place, from 0; the first or last one beside the word.</summary>
    /// <param name="x">A fraction of the picture's width.</param>
    public int LetterAt(float x) => Math.Min(LetterEnds.TakeWhile(end => end <= x).Count(), Text.Length - 1);
}
