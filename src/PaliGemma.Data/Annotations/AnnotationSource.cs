using PaliGemma.Tasks;

namespace PaliGemma.Data.Annotations;

/// <summary>Where annotations are read from.</summary>
/// <param name="Format">How they are written.</param>
/// <param name="Path">
/// COCO: the JSON file. PaliGemma: the JSONL file. YOLO: <c>data.yaml</c>, the folder that holds it, or a folder of labels with a
/// <c>classes.txt</c>. Pascal VOC: a folder of XML files, or the folder that holds <c>Annotations</c>. LabelMe: a folder of JSON files.
/// </param>
public sealed record AnnotationSource(AnnotationFormat Format, string Path)
{
    /// <summary>
    /// The folder of pictures. Their headers are read for sizes where the format does not tell them: always for YOLO and PaliGemma. Null
    /// looks where the format's layout has them: beside a JSONL file, where <c>data.yaml</c> says, in <c>JPEGImages</c>.
    /// </summary>
    public string? Pictures { get; init; }

    /// <summary>
    /// The part of the data set: a key of YOLO's <c>data.yaml</c>, or a list in Pascal VOC's <c>ImageSets/Main</c>; null for all.
    /// </summary>
    public string? Split { get; init; }

    /// <summary>Whether shapes are read too; they are left alone otherwise.</summary>
    public bool WithMasks { get; init; }

    /// <summary>Decodes the shapes in PaliGemma's answers; null if they are only passed on. The caller disposes it.</summary>
    public MaskDecoder? MaskDecoder { get; init; }

    /// <summary>What PaliGemma's location numbers are divided by.</summary>
    public LocationScale Scale { get; init; }
}
