using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using PaliGemma.Server.Errors;

namespace PaliGemma.Server.OpenAI;

/// <summary><c>POST /v1/chat/completions</c>.</summary>
internal static class ChatEndpoints
{
    public static void Map(RouteGroupBuilder group) => group
        .MapPost("/chat/completions", (HttpContext context, ChatService chats) => chats.RunAsync(context))
        .WithTags("OpenAI")
        .WithSummary("Answer a prompt about pictures, as OpenAI's API does")
        .Accepts<ChatRequest>("application/json")
        .Produces<ChatCompletion>(StatusCodes.Status200OK, "application/json", "text/event-stream")
        .Produces<ErrorRecord>(StatusCodes.Status400BadRequest)
        .Produces<ErrorRecord>(StatusCodes.Status404NotFound)
        .Produces<ErrorRecord>(StatusCodes.Status429TooManyRequests);
}
