namespace PaliGemma.Data.Shapes;

/// <summary>What scenes are drawn.</summary>
/// <param name="FewestShapes">The fewest shapes of a scene without words, at least 1.</param>
/// <param name="MostShapes">The most shapes of a scene, at most 6.</param>
/// <param name="WordShare">The part of the scenes that has one or two printed words, 0 … 1.</param>
/// <param name="SmallestSide">The shortest longer side of a picture in pixels.</param>
/// <param name="LargestSide">The longest longer side of a picture in pixels.</param>
public sealed record SceneOptions(
    int FewestShapes = 1, int MostShapes = 6, double WordShare = 0.2, int SmallestSide = 104, int LargestSide = 176);
