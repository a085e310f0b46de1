using PaliGemma.Data.Shapes;

namespace PaliGemma.Training.Cli.Shapes;

/// <summary>Something that can be said of a patch, as one of several classes; class 0 is "nothing there".</summary>
/// <param name="Name">What it is.</param>
/// <param name="Classes">How many classes there are.</param>
/// <param name="Weight">Its part in the loss.</param>
internal sealed record PatchProperty(string Name, int Classes, float Weight)
{
    /// <summary>The places of the properties in <see cref="All"/>.</summary>
    public const int Color = 0, Shape = 1, Alike = 2, Same = 3, Total = 4, Word = 5, Place = 6, Letter = 7, OfAlike = 8, OfSame = 9, OfAll = 10, Part = 11;

    private const int MostShapes = 6, Letters = 26, LongestWord = 6;

    /// <summary>The class of shape of a printed word.</summary>
    public static int WordShape { get; } = Enum.GetValues<ShapeKind>().Length + 1;

    /// <summary>
    /// All of them: of the thing over the patch its colour, its shape, how many there are of its shape and of its shape and colour; how
    /// many shapes there are in the whole picture; which word it is, which of the word's letters is in the middle of the patch, and the
    /// letter; and what number it has, from top to bottom, among those of its shape, among those of its shape and colour, and among all, and
    /// its part of the caption.
    /// </summary>
    public static IReadOnlyList<PatchProperty> All { get; } =
    [
        new("color", Enum.GetValues<ShapeColor>().Length + 1, 1),
        new("shape", WordShape + 1, 1),
        new("alike", MostShapes + 1, 0.4f),
        new("same", MostShapes + 1, 0.4f),
        new("total", MostShapes + 1, 0.3f),
        new("word", SceneWord.Vocabulary.Count + 1, 1),
        new("place", LongestWord + 1, 0.5f),
        new("letter", Letters + 1, 1),
        new("of alike", MostShapes + 1, 0.4f),
        new("of same", MostShapes + 1, 0.4f),
        new("of all", MostShapes + 1, 0.3f),
        new("part", MostShapes + 1, 0.5f),
    ];
}
