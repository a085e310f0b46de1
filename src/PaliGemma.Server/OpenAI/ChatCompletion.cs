using System.Text.Json.Serialization;
using PaliGemma.Server.Tasks;

namespace PaliGemma.Server.OpenAI;

/// <summary>The answer of <c>POST /v1/chat/completions</c>, whole or, with <see cref="PieceKind"/>, a piece of it.</summary>
internal sealed record ChatCompletion
{
    /// <summary>What a whole answer calls itself.</summary>
    public const string WholeKind = "chat.completion";

    /// <summary>What a piece of a stream calls itself.</summary>
    public const string PieceKind = "chat.completion.chunk";

    public required string Id { get; init; }

    public required string Object { get; init; }

    /// <summary>Seconds since 1970.</summary>
    public required long Created { get; init; }

    public required string Model { get; init; }

    public required IReadOnlyList<ChatChoice> Choices { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TokenUsage? Usage { get; init; }
}

/// <summary>One of the answers.</summary>
internal sealed record ChatChoice
{
    public required int Index { get; init; }

    /// <summary>The whole answer.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ChatText? Message { get; init; }

    /// <summary>What a piece of a stream adds.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ChatText? Delta { get; init; }

    public TokenProbabilities? Logprobs { get; init; }

    /// <summary><c>stop</c> or <c>length</c>; null in the pieces before the last.</summary>
    public string? FinishReason { get; init; }
}

internal sealed record ChatText
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Role { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Content { get; init; }
}

internal sealed record TokenProbabilities(IReadOnlyList<TokenProbability> Content);

/// <param name="Token">The token's text.</param>
/// <param name="Logprob">Natural logarithm of its probability.</param>
/// <param name="Bytes">Its text in UTF-8; null where the token is a part of a character.</param>
/// <param name="TopLogprobs">Always empty.</param>
internal sealed record TokenProbability(
    string Token, float Logprob, IReadOnlyList<int>? Bytes, IReadOnlyList<TokenProbability> TopLogprobs);

/// <summary>The answer of <c>GET /v1/models</c>.</summary>
internal sealed record ModelList(string Object, IReadOnlyList<ModelRecord> Data);

/// <param name="Id">The name that requests call the model by.</param>
/// <param name="Object"><c>model</c>.</param>
/// <param name="Created">When it was loaded, in seconds since 1970.</param>
/// <param name="OwnedBy"><c>paligemma</c>.</param>
internal sealed record ModelRecord(string Id, string Object, long Created, string OwnedBy);
