using System.Text.Json.Serialization;

namespace PaliGemma.Cli.Output;

/// <summary>Something odd in an answer, in <c>--json</c> output.</summary>
internal sealed record ProblemRecord(
    [property: JsonPropertyName("position")] int Position,
    [property: JsonPropertyName("what")] string What);
