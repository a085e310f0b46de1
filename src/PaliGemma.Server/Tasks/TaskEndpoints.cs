using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using PaliGemma.Server.Errors;

namespace PaliGemma.Server.Tasks;

/// <summary><c>POST /v1/caption</c> and so on: a picture and a task go in, what the task asks for comes out.</summary>
internal static class TaskEndpoints
{
    public static void Map(RouteGroupBuilder group)
    {
        Map(group, "/caption", ServerJson.Readable.CaptionRequest, "Say in a sentence what is in a picture");
        Map(group, "/ocr", ServerJson.Readable.OcrRequest, "Read the text in a picture");
        Map(group, "/answer", ServerJson.Readable.AnswerRequest, "Answer a question about a picture");
        Map(group, "/detect", ServerJson.Readable.DetectRequest, "Find things in a picture: boxes, labels and scores");
        Map(group, "/segment", ServerJson.Readable.SegmentRequest, "Find things in a picture: boxes, masks, labels and scores");
        Map(group, "/generate", ServerJson.Readable.GenerateRequest, "Ask about a picture in the words of a prompt");
    }

    private static void Map<TRequest>(RouteGroupBuilder group, string path, JsonTypeInfo<TRequest> type, string summary)
        where TRequest : TaskRequest => group
            .MapPost(path, (HttpContext context, TaskService tasks) => tasks.RunAsync(context, type))
            .WithTags("Tasks")
            .WithSummary(summary)
            .WithDescription(
                "With 'stream', the answer comes as server-sent events: 'start' with model, prompt, width and height; 'text' with each piece of text; "
                + "'object' with each object that is complete; 'done' with the whole answer; or 'error'.")
            .Accepts<TRequest>("application/json", "multipart/form-data")
            .Produces<TaskAnswer>(StatusCodes.Status200OK, "application/json", "text/event-stream")
            .Produces<ErrorRecord>(StatusCodes.Status400BadRequest)
            .Produces<ErrorRecord>(StatusCodes.Status413PayloadTooLarge)
            .Produces<ErrorRecord>(StatusCodes.Status429TooManyRequests);
}
