namespace PaliGemma.Data.Shapes;

/// <summary>What scenes are drawn.</summary>
/// <param name="FewestShapes">The fewest shapes of a scene without words.</param>
/// <param name="MostShapes">The most shapes of a scene, at most 6.</param>
/// <param name="WordShare">The part of the scenes that has one or two printed words, 0 … 1.</param>
public sealed record SceneOptions(int FewestShapes = 1, int MostShapes = 6, double WordShare = 0.2);
