using System.Text.Json.Serialization;

namespace PaliGemma.Tasks;

/// <summary>A found object as JSON has it.</summary>
public sealed record ObjectRecord
{
    /// <summary>What it is, in the words of the prompt.</summary>
    [JsonPropertyName("label")]
    public required string Label { get; init; }

    /// <summary>Where it is, in pixels of the original picture.</summary>
    [JsonPropertyName("box")]
    public required BoxRecord Box { get; init; }

    /// <summary>0 … 1; see <see cref="DetectedObject.Score"/>.</summary>
    [JsonPropertyName("score")]
    public required float? Score { get; init; }

    /// <summary>Only of objects whose mask was decoded.</summary>
    [JsonPropertyName("mask")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public MaskRecord? Mask { get; init; }

    /// <summary>The record of an object.</summary>
    public static ObjectRecord Of(DetectedObject found)
    {
        ArgumentNullException.ThrowIfNull(found);
        return new ObjectRecord
        {
            Label = found.Label,
            Box = new BoxRecord(found.PixelBox.Y1, found.PixelBox.X1, found.PixelBox.Y2, found.PixelBox.X2),
            Score = found.Score,
            Mask = found.Mask is InstanceMask mask ? MaskRecord.Of(mask) : null,
        };
    }
}

/// <summary>A box in pixels of the original picture.</summary>
/// <param name="Y1">Top edge.</param>
/// <param name="X1">Left edge.</param>
/// <param name="Y2">Bottom edge.</param>
/// <param name="X2">Right edge.</param>
public sealed record BoxRecord(
    [property: JsonPropertyName("y1")] float Y1,
    [property: JsonPropertyName("x1")] float X1,
    [property: JsonPropertyName("y2")] float Y2,
    [property: JsonPropertyName("x2")] float X2);

/// <summary>A mask of the whole picture as COCO writes it.</summary>
/// <param name="Size">Height and width of the picture.</param>
/// <param name="Counts">Run lengths, compressed; see <see cref="RunLengthEncoding"/>.</param>
public sealed record MaskRecord(
    [property: JsonPropertyName("size")] IReadOnlyList<int> Size, [property: JsonPropertyName("counts")] string Counts)
{
    /// <summary>The record of a mask.</summary>
    public static MaskRecord Of(InstanceMask mask)
    {
        ArgumentNullException.ThrowIfNull(mask);
        return new MaskRecord([mask.PictureHeight, mask.PictureWidth], mask.ToRunLengths().ToCompressedString());
    }
}
