using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace PaliGemma.Server.Access;

/// <summary>Logs one line per request: which endpoint, how it ended and how long it took; nothing of what was asked or answered.</summary>
internal sealed partial class RequestLogMiddleware(RequestDelegate next, ILogger<RequestLogMiddleware> log)
{
    public async Task InvokeAsync(HttpContext context)
    {
        long start = Stopwatch.GetTimestamp();
        try
        {
            await next(context).ConfigureAwait(false);
        }
        finally
        {
            // The template, not the path: whoever asks chooses the path.
            string route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "(none)";
            double milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            bool clientGone = context.RequestAborted.IsCancellationRequested;
            Answered(context.Request.Method, route, context.Response.StatusCode, milliseconds, clientGone, context.TraceIdentifier);
        }
    }

    [LoggerMessage(
        EventId = 1, Level = LogLevel.Information, Message = "{Method} {Route} was answered {Status} in {Milliseconds:F0} ms, client gone: {ClientGone} ({Id})")]
    private partial void Answered(string method, string route, int status, double milliseconds, bool clientGone, string id);
}
