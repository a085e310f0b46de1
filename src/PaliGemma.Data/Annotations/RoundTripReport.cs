using System.Text.Json.Serialization;

namespace PaliGemma.Data.Annotations;

/// <summary>How objects that were written and read again differ from what was to be written.</summary>
public sealed record RoundTripReport
{
    /// <summary>Objects that came back.</summary>
    [JsonPropertyName("objects")]
    public required int Objects { get; init; }

    /// <summary>Objects that did not come back, under their label and in their picture.</summary>
    [JsonPropertyName("lost")]
    public required int Lost { get; init; }

    /// <summary>Mean over the objects of the largest distance of an edge from its place, in pixels.</summary>
    [JsonPropertyName("mean_box_error")]
    public required double MeanBoxError { get; init; }

    /// <summary>The largest distance of any edge from its place, in pixels.</summary>
    [JsonPropertyName("max_box_error")]
    public required double MaxBoxError { get; init; }

    /// <summary>Mean intersection over union of the boxes; 1 where there are none.</summary>
    [JsonPropertyName("mean_box_iou")]
    public required double MeanBoxOverlap { get; init; }

    /// <summary>Smallest intersection over union of the boxes; 1 where there are none.</summary>
    [JsonPropertyName("min_box_iou")]
    public required double MinBoxOverlap { get; init; }

    /// <summary>Mean intersection over union of the shapes; null where there are none.</summary>
    [JsonPropertyName("mean_mask_iou")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? MeanMaskOverlap { get; init; }

    /// <summary>Smallest intersection over union of the shapes; null where there are none.</summary>
    [JsonPropertyName("min_mask_iou")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? MinMaskOverlap { get; init; }
}
