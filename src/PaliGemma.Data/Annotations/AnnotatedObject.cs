using PaliGemma.Tasks;

namespace PaliGemma.Data.Annotations;

/// <summary>A thing in a picture, as somebody marked it.</summary>
/// <param name="Label">What it is, as the source spells it.</param>
/// <param name="Box">Where it is, in pixels.</param>
public sealed record AnnotatedObject(string Label, PixelBox Box)
{
    /// <summary>Its shape; null where the source has only a box, or shapes were not asked for.</summary>
    public ObjectMask? Mask { get; init; }

    /// <summary>How sure a model is of it, 0 … 1; null for what somebody marked, and for everything that is read from files.</summary>
    public float? Score { get; init; }

    /// <summary>Whether it is a region of many things rather than one (COCO's <c>iscrowd</c>).</summary>
    public bool IsCrowd { get; init; }

    /// <summary>What a model found; its shape, if that has been decoded and has any pixel.</summary>
    public static AnnotatedObject Of(DetectedObject found)
    {
        ArgumentNullException.ThrowIfNull(found);
        return new AnnotatedObject(found.Label, found.PixelBox)
        {
            Mask = found.Mask is { Area: > 0 } mask ? new RunMask(mask.ToRunLengths()) : null,
            Score = found.Score,
        };
    }
}
