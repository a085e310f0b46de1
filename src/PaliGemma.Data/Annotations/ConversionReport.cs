using System.Text.Json.Serialization;

namespace PaliGemma.Data.Annotations;

/// <summary>What a conversion did.</summary>
public sealed record ConversionReport
{
    /// <summary>Pictures in the source.</summary>
    [JsonPropertyName("images")]
    public required int Images { get; init; }

    /// <summary>Pictures of which at least one object was written.</summary>
    [JsonPropertyName("images_with_objects")]
    public required int ImagesWithObjects { get; init; }

    /// <summary>Objects written.</summary>
    [JsonPropertyName("objects")]
    public required int Objects { get; init; }

    /// <summary>
    /// Objects written whose boxes reached over the picture's edge by more than a hundredth of a pixel, and were cut off there.
    /// </summary>
    [JsonPropertyName("clipped")]
    public required int Clipped { get; init; }

    /// <summary>The most objects in one picture.</summary>
    [JsonPropertyName("most_objects_in_an_image")]
    public required int MostObjects { get; init; }

    /// <summary>Objects written by label, in the order of the source.</summary>
    [JsonPropertyName("labels")]
    public required IReadOnlyDictionary<string, int> Labels { get; init; }

    /// <summary>What was not written, by reason.</summary>
    [JsonPropertyName("skipped")]
    public required IReadOnlyDictionary<SkipReason, int> Skipped { get; init; }

    /// <summary>Labels that the target cannot hold as the source spells them, and what became of them.</summary>
    [JsonPropertyName("renamed")]
    public required IReadOnlyDictionary<string, string> Renamed { get; init; }

    /// <summary>How many things were read although they are not as the format says.</summary>
    [JsonPropertyName("problems")]
    public required int ProblemCount { get; init; }

    /// <summary>The first of them, in sentences that name the place.</summary>
    [JsonPropertyName("first_problems")]
    public required IReadOnlyList<string> FirstProblems { get; init; }

    /// <summary>What reading the target gives, beside the source.</summary>
    [JsonPropertyName("round_trip")]
    public required RoundTripReport RoundTrip { get; init; }
}
