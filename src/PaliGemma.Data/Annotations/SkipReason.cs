using System.Text.Json.Serialization;

namespace PaliGemma.Data.Annotations;

/// <summary>Why something in the source has no counterpart in the target.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SkipReason>))]
public enum SkipReason
{
    /// <summary>It is a crowd, a region of many things (COCO's <c>iscrowd</c>), and only COCO can say so.</summary>
    [JsonStringEnumMemberName("crowd")]
    Crowd,

    /// <summary>Its box has no width or no height.</summary>
    [JsonStringEnumMemberName("degenerate")]
    Degenerate,

    /// <summary>Its box lies outside the picture.</summary>
    [JsonStringEnumMemberName("outside")]
    Outside,

    /// <summary>Both edges of its box are written with the same location token.</summary>
    [JsonStringEnumMemberName("too_small")]
    TooSmall,

    /// <summary>Its label is empty, or contains location or segmentation tokens.</summary>
    [JsonStringEnumMemberName("label")]
    Label,

    /// <summary>A shape is asked for, and it has only a box, or a shape without a pixel.</summary>
    [JsonStringEnumMemberName("no_mask")]
    NoMask,

    /// <summary>It is a point or a line, which has no area.</summary>
    [JsonStringEnumMemberName("no_area")]
    NoArea,

    /// <summary>It belongs to a picture that the file does not list.</summary>
    [JsonStringEnumMemberName("no_picture")]
    NoPicture,

    /// <summary>It is a line of training data about something else than objects.</summary>
    [JsonStringEnumMemberName("other_task")]
    OtherTask,
}
