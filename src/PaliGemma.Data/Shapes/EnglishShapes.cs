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
}
