using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PaliGemma.Server.Errors;

namespace PaliGemma.Server.Streaming;

/// <summary>An answer that is sent while it is made, as server-sent events; an error on the way is the last event, <c>error</c>.</summary>
/// <param name="events">JSON by event name.</param>
internal sealed partial class EventStream(IAsyncEnumerable<SseItem<string>> events) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        HttpResponse response = httpContext.Response;
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-store";
        // Otherwise a proxy such as nginx would keep the events back.
        response.Headers["X-Accel-Buffering"] = "no";
        try
        {
            await SseFormatter.WriteAsync(
                Guarded(httpContext), response.Body, (item, writer) => Encoding.UTF8.GetBytes(item.Data, writer), httpContext.RequestAborted)
                .ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (httpContext.RequestAborted.IsCancellationRequested)
        {
            // Nobody listens any more.
        }
    }

    private async IAsyncEnumerable<SseItem<string>> Guarded(HttpContext context, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        IAsyncEnumerator<SseItem<string>> source = events.GetAsyncEnumerator(cancellation);
        await using ConfiguredAsyncDisposable _ = source.ConfigureAwait(false);
        while (true)
        {
            SseItem<string> next;
            try
            {
                if (!await source.MoveNextAsync().ConfigureAwait(false))
                {
                    yield break;
                }
                next = source.Current;
            }
            catch (Exception error) when (!context.RequestAborted.IsCancellationRequested)
            {
                ErrorAnswer answer = ErrorAnswer.Of(error);
                if (answer.IsFault)
                {
                    Failed(context.RequestServices.GetRequiredService<ILogger<EventStream>>(), error);
                }
                next = new SseItem<string>(JsonSerializer.Serialize(answer.Record, ServerJson.Readable.ErrorRecord), "error");
            }
            yield return next;
            if (next.EventType == "error")
            {
                yield break;
            }
        }
    }

    [LoggerMessage(EventId = 3, Level = LogLevel.Error, Message = "A request failed while it was being answered.")]
    private static partial void Failed(ILogger log, Exception error);
}
