namespace PaliGemma.Data.Shapes;

/// <summary>The English names of shapes and colours, which prompts and answers use.</summary>
public static class EnglishShapes
{
    private static readonly string[] Kinds = [.. Enum.GetNames<ShapeKind>().Select(name => name.ToLowerInvariant())];
    private static readonly string[] Colors = [.. Enum.GetNames<ShapeColor>().Select(name => name.ToLowerInvariant())];

    /// <summary>"star".</summary>
    public static string Name(ShapeKind kind) => Kinds[(int)kind];

    /// <summary>"stars".</summary>
    public static string Plural(ShapeKind kind) => kind == ShapeKind.Cross ? "crosses" : Kinds[(int)kind] + "s";

    /// <summary>"red".</summary>
    public static string Name(ShapeColor color) => Colors[(int)color];

    /// <summary>"red star".</summary>
    public static string Name(ShapeColor color, ShapeKind kind) => $"{Name(color)} {Name(kind)}";

    /// <summary>Reads "red star"; false for anything else.</summary>
    public static bool TryParse(string name, out ShapeColor color, out ShapeKind kind)
    {
        ArgumentNullException.ThrowIfNull(name);
        string[] words = name.Split(' ');
        (int first, int second) = words.Length == 2 ? (Array.IndexOf(Colors, words[0]), Array.IndexOf(Kinds, words[1])) : (-1, -1);
        (color, kind) = ((ShapeColor)first, (ShapeKind)second);
        return first >= 0 && second >= 0;
    }
}
