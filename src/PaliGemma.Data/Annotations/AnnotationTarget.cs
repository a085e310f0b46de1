using PaliGemma.Tasks;

namespace PaliGemma.Data.Annotations;

/// <summary>Where annotations are written to.</summary>
/// <param name="Format">How they are written.</param>
/// <param name="Path">
/// COCO and PaliGemma: the file, which is replaced when its successor is complete. The others: a folder without such annotations.
/// </param>
public sealed record AnnotationTarget(AnnotationFormat Format, string Path)
{
    /// <summary>What of the objects is written.</summary>
    public AnnotationTask Task { get; init; }

    /// <summary>Encodes shapes for PaliGemma's answers; null if none are written, or only passed on. The caller disposes it.</summary>
    public MaskEncoder? MaskEncoder { get; init; }

    /// <summary>What PaliGemma's prompts ask for.</summary>
    public PromptScope Prompts { get; init; }
}
