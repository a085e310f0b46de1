namespace PaliGemma.Data.Annotations;

/// <summary>What of an object is kept.</summary>
public enum AnnotationTask
{
    /// <summary>Its box: <c>detect</c>.</summary>
    Detect,

    /// <summary>Its box and its shape: <c>segment</c>.</summary>
    Segment,
}
