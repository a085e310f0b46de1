namespace PaliGemma.Data.Shapes;

/// <summary>The shapes that scenes are made of, in the order in which captions name them.</summary>
public enum ShapeKind
{
    /// <summary>A disc.</summary>
    Circle,

    /// <summary>A square, turned by at most 15 degrees.</summary>
    Square,

    /// <summary>An equilateral triangle.</summary>
    Triangle,

    /// <summary>A star with five points.</summary>
    Star,

    /// <summary>A rhombus on its point, higher than wide.</summary>
    Diamond,

    /// <summary>A plus sign with broad arms.</summary>
    Cross,
}
