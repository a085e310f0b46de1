using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using PaliGemma.Server.Errors;
using PaliGemma.Server.OpenAI;
using PaliGemma.Server.Tasks;

namespace PaliGemma.Server;

/// <summary>Reads requests and writes answers. A field that no request has is refused: it would be ignored unnoticed.</summary>
[JsonSerializable(typeof(AnswerRequest))]
[JsonSerializable(typeof(CaptionRequest))]
[JsonSerializable(typeof(DetectRequest))]
[JsonSerializable(typeof(GenerateRequest))]
[JsonSerializable(typeof(OcrRequest))]
[JsonSerializable(typeof(SegmentRequest))]
[JsonSerializable(typeof(ChatRequest))]
[JsonSerializable(typeof(ChatPart[]))]
[JsonSerializable(typeof(ChatCompletion))]
[JsonSerializable(typeof(ErrorRecord))]
[JsonSerializable(typeof(ModelList))]
[JsonSerializable(typeof(string[]))]
[JsonSerializable(typeof(TaskAnswer))]
[JsonSerializable(typeof(TaskStart))]
[JsonSerializable(typeof(TextPiece))]
internal sealed partial class ServerJson : JsonSerializerContext
{
    /// <summary>Leaves text in any script readable: browsers are told not to take JSON for a page.</summary>
    public static ServerJson Readable { get; } = new(new JsonSerializerOptions
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        MaxDepth = 16,
        NumberHandling = JsonNumberHandling.AllowReadingFromString,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    });
}
