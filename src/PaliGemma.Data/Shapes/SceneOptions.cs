namespace PaliGemma.Data.Shapes;

/// <summary>What scenes are drawn.</summary>
public sealed record SceneOptions
{
    /// <summary>The fewest shapes of a scene without words.</summary>
    public int FewestShapes { get; init; } = 1;

    /// <summary>The most shapes of a scene, at most 6.</summary>
    public int MostShapes { get; init; } = 6;

    /// <summary>The part of the scenes that has one or two printed words, 0 … 1.</summary>
    public double WordShare { get; init; } = 0.2;
}
