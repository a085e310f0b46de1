using System.Text.Json.Serialization;
using PaliGemma.Tasks;

namespace PaliGemma.Cli.Output;

/// <summary>A found object in <c>--json</c> output.</summary>
internal sealed record ObjectRecord
{
    [JsonPropertyName("label")]
    public required string Label { get; init; }

    [JsonPropertyName("box")]
    public required BoxRecord Box { get; init; }

    [JsonPropertyName("score")]
    public required float? Score { get; init; }

    /// <summary>Only of objects whose mask was decoded.</summary>
    [JsonPropertyName("mask")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public MaskRecord? Mask { get; init; }

    public static ObjectRecord Of(DetectedObject found) => new()
    {
        Label = found.Label,
        Box = new BoxRecord(found.PixelBox.Y1, found.PixelBox.X1, found.PixelBox.Y2, found.PixelBox.X2),
        Score = found.Score,
        Mask = found.Mask is InstanceMask mask ? MaskRecord.Of(mask) : null,
    };
}

/// <summary>A box in pixels of the original picture.</summary>
internal sealed record BoxRecord(
    [property: JsonPropertyName("y1")] float Y1,
    [property: JsonPropertyName("x1")] float X1,
    [property: JsonPropertyName("y2")] float Y2,
    [property: JsonPropertyName("x2")] float X2);

/// <summary>A mask of the whole picture as COCO writes it.</summary>
/// <param name="Size">Height and width of the picture.</param>
/// <param name="Counts">Run lengths, compressed.</param>
internal sealed record MaskRecord(
    [property: JsonPropertyName("size")] IReadOnlyList<int> Size, [property: JsonPropertyName("counts")] string Counts)
{
    public static MaskRecord Of(InstanceMask mask) => new(
        [mask.PictureHeight, mask.PictureWidth], mask.ToRunLengths().ToCompressedString());
}
