using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace PaliGemma.Server.OpenAI;

/// <summary>The body of <c>POST /v1/chat/completions</c>. Fields that are not here change nothing, and are passed over.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
internal sealed record ChatRequest
{
    [Description("One of /v1/models; the first one if not given.")]
    public string? Model { get; init; }

    [Description("One message of the user's with pictures and a prompt: the model holds no conversations and takes no instructions.")]
    public IReadOnlyList<ChatMessage>? Messages { get; init; }

    [Description("Most tokens of the answer; if not given 256, or as many as the server allows if these are fewer.")]
    public int? MaxCompletionTokens { get; init; }

    [Description("The older name of max_completion_tokens.")]
    public int? MaxTokens { get; init; }

    [Description("0, the default here, takes the most probable token; above it, logits are divided by it and a token is drawn.")]
    public float? Temperature { get; init; }

    [Description("Draws from the fewest most probable tokens whose probabilities reach this sum.")]
    public float? TopP { get; init; }

    [Description("Start of the random sequence.")]
    public long? Seed { get; init; }

    [Description("A text or up to four that end the answer.")]
    [JsonConverter(typeof(StopSequencesConverter))]
    public IReadOnlyList<string>? Stop { get; init; }

    [Description("How many answers to make from one reading of the prompt.")]
    public int? N { get; init; }

    [Description("Whether the answer is sent while it is made, as server-sent events.")]
    public bool? Stream { get; init; }

    public StreamOptions? StreamOptions { get; init; }

    [Description("Whether to tell the probability of each token of the answer.")]
    public bool? Logprobs { get; init; }

    public int? TopLogprobs { get; init; }

    public float? PresencePenalty { get; init; }

    public float? FrequencyPenalty { get; init; }

    public JsonElement? LogitBias { get; init; }

    public JsonElement? Tools { get; init; }

    public JsonElement? Functions { get; init; }

    public ResponseFormat? ResponseFormat { get; init; }
}

/// <param name="Role">Who speaks: <c>user</c>.</param>
/// <param name="Content">A text, or a list of texts and pictures.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
internal sealed record ChatMessage(
    string? Role, [property: JsonConverter(typeof(ChatContentConverter))] IReadOnlyList<ChatPart>? Content);

/// <param name="Type"><c>text</c> or <c>image_url</c>.</param>
/// <param name="Text">The text.</param>
/// <param name="ImageUrl">The picture.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
internal sealed record ChatPart(string? Type, string? Text = null, ImageUrl? ImageUrl = null);

/// <param name="Url">A data URL, or an address of a host that the server allows.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
internal sealed record ImageUrl(string? Url);

/// <param name="IncludeUsage">Whether the last piece of a stream tells how many tokens there were.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
internal sealed record StreamOptions(bool IncludeUsage);

/// <param name="Type"><c>text</c>.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
internal sealed record ResponseFormat(string? Type);

/// <summary>A text counts as a list of one.</summary>
internal sealed class StopSequencesConverter : JsonConverter<IReadOnlyList<string>>
{
    public override IReadOnlyList<string>? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String
            ? [reader.GetString()!]
            : JsonSerializer.Deserialize(ref reader, ServerJson.Readable.StringArray);

    public override void Write(Utf8JsonWriter writer, IReadOnlyList<string> value, JsonSerializerOptions options) =>
        throw new NotSupportedException("Requests are read only.");
}

/// <summary>A text counts as a list of one part.</summary>
internal sealed class ChatContentConverter : JsonConverter<IReadOnlyList<ChatPart>>
{
    public override IReadOnlyList<ChatPart>? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String
            ? [new ChatPart("text", reader.GetString())]
            : JsonSerializer.Deserialize(ref reader, ServerJson.Readable.ChatPartArray);

    public override void Write(Utf8JsonWriter writer, IReadOnlyList<ChatPart> value, JsonSerializerOptions options) =>
        throw new NotSupportedException("Requests are read only.");
}
