using System.Text.Json.Serialization;

namespace PaliGemma.Cli.Output;

/// <summary>Where the time of an answer went, in milliseconds.</summary>
internal sealed record AnswerTimings
{
    /// <summary>Loading the model, once for all pictures.</summary>
    [JsonPropertyName("load_ms")]
    public double Load { get; init; }

    /// <summary>Decoding, resizing and encoding the picture.</summary>
    [JsonPropertyName("image_ms")]
    public double Image { get; init; }

    [JsonPropertyName("prefill_ms")]
    public double Prefill { get; init; }

    /// <summary>From the prompt's last position to the last token.</summary>
    [JsonPropertyName("decode_ms")]
    public double Decode { get; init; }

    [JsonPropertyName("decode_tokens_per_second")]
    public double DecodeTokensPerSecond { get; init; }
}
