namespace PaliGemma.Data.Shapes;

/// <summary>What somebody looks for: shapes of a kind, of one colour or of any.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Color">The colour; null for any.</param>
internal readonly record struct ShapeQuery(ShapeKind Kind, ShapeColor? Color)
{
    /// <summary>"red star" or "star".</summary>
    public string Name => Prefixed(EnglishShapes.Name(Kind));

    /// <summary>"red stars" or "stars".</summary>
    public string Plural => Prefixed(EnglishShapes.Plural(Kind));

    /// <summary>"a red star".</summary>
    public string WithArticle => $"{(Color == ShapeColor.Orange ? "an" : "a")} {Name}";

    /// <summary>Draws a query about a shape of the scene; in a part of the cases, and where there is none, about any.</summary>
    public static ShapeQuery Draw(Scene scene, double anyShare, ref SceneRandom random)
    {
        if (scene.Shapes.Count == 0 || random.Chance(anyShare))
        {
            return DrawAny(ref random);
        }
        SceneShape shape = random.Pick(scene.Shapes);
        return new ShapeQuery(shape.Kind, random.Chance(0.5) ? shape.Color : null);
    }

    /// <summary>Draws a query that knows nothing of the scene.</summary>
    public static ShapeQuery DrawAny(ref SceneRandom random)
    {
        ShapeKind kind = (ShapeKind)random.Integer(0, 5);
        return new ShapeQuery(kind, random.Chance(0.5) ? (ShapeColor)random.Integer(0, 7) : null);
    }

    /// <summary>Whether a shape is what is looked for.</summary>
    public bool Matches(SceneShape shape) => shape.Kind == Kind && (Color is null || shape.Color == Color);

    /// <summary>Whether a shape could be what this and another query look for.</summary>
    public bool Overlaps(ShapeQuery other) => Kind == other.Kind && (Color is null || other.Color is null || Color == other.Color);

    private string Prefixed(string noun) => Color is ShapeColor color ? $"{EnglishShapes.Name(color)} {noun}" : noun;
}
