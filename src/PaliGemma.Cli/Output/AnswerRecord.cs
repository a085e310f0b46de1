using System.Text.Json.Serialization;
using PaliGemma.Tasks;

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

    /// <summary>Present in answers to detect and segment, and wherever there are objects in the answer.</summary>
    [JsonPropertyName("objects")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ObjectRecord>? Objects { get; init; }

    /// <summary>Present where something in the answer is not as objects are written.</summary>
    [JsonPropertyName("problems")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ProblemRecord>? Problems { get; init; }

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
