using System.Text.Json.Serialization;

namespace PaliGemma.Cli.Output;

/// <summary>One line of <c>--json</c> output.</summary>
internal sealed record AnswerRecord
{
    [JsonPropertyName("image")]
    public required string Image { get; init; }

    [JsonPropertyName("prompt")]
    public required string Prompt { get; init; }

    [JsonPropertyName("text")]
    public required string Text { get; init; }

    [JsonPropertyName("tokens")]
    public required IReadOnlyList<int> Tokens { get; init; }

    [JsonPropertyName("logprobs")]
    public required IReadOnlyList<float> LogProbabilities { get; init; }

    /// <summary><c>stop</c> or <c>length</c>.</summary>
    [JsonPropertyName("finish_reason")]
    public required string FinishReason { get; init; }

    [JsonPropertyName("timings")]
    public required AnswerTimings Timings { get; init; }
}

/// <summary>One text of <c>paligemma tokenize --json</c>.</summary>
internal sealed record TokenizedText(
    [property: JsonPropertyName("text")] string Text,
    [property: JsonPropertyName("ids")] IReadOnlyList<int> Ids,
    [property: JsonPropertyName("pieces")] IReadOnlyList<string> Pieces);
