namespace PaliGemma.Tasks;

/// <summary>How a decoded mask of 64 x 64 is brought into its box. The reference has two ways.</summary>
public enum MaskResize
{
    /// <summary>Soft edges, for looking at: as bytes, bicubically, into the box rounded to pixels (the demo Space).</summary>
    SoftBicubic,

    /// <summary>
    /// Hard edges, for measuring: as numbers, bilinearly, what is above 0 is inside; the box is cut off to whole pixels (big_vision's
    /// evaluator, evaluators/proj/paligemma/transfers/segmentation.py).
    /// </summary>
    SharpBilinear,
}
