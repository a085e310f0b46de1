namespace PaliGemma.Data.Shapes;

/// <summary>The colours of shapes, in the order in which captions name them.</summary>
public enum ShapeColor
{
    /// <summary>Red.</summary>
    Red,

    /// <summary>Green.</summary>
    Green,

    /// <summary>Blue.</summary>
    Blue,

    /// <summary>Yellow.</summary>
    Yellow,

    /// <summary>Orange.</summary>
    Orange,

    /// <summary>Purple.</summary>
    Purple,

    /// <summary>Black.</summary>
    Black,

    /// <summary>White.</summary>
    White,
}
