using System.Text.Json.Serialization;

namespace PaliGemma.Tasks;

/// <summary>Something odd in an answer as JSON has it; see <see cref="ParseProblem"/>.</summary>
/// <param name="Position">Where in the answer's text it begins, in UTF-16 units.</param>
/// <param name="What">What it is and what became of it, in a sentence.</param>
public sealed record ProblemRecord(
    [property: JsonPropertyName("position")] int Position,
    [property: JsonPropertyName("what")] string What);
