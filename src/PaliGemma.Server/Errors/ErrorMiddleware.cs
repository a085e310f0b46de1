using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace PaliGemma.Server.Errors;

/// <summary>Turns whatever goes wrong into a status and a sentence.</summary>
internal sealed partial class ErrorMiddleware(RequestDelegate next, ILogger<ErrorMiddleware> log)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context).ConfigureAwait(false);
            if (!context.Response.HasStarted && ErrorAnswer.OfUnmatched(context.Response.StatusCode) is ErrorAnswer unmatched)
            {
                await unmatched.WriteAsync(context).ConfigureAwait(false);
            }
        }
        catch (Exception error) when (!context.Response.HasStarted && IsClientGone(context, error))
        {
            context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
        }
        catch (Exception error) when (!context.Response.HasStarted)
        {
            ErrorAnswer answer = ErrorAnswer.Of(error);
            if (answer.IsFault)
            {
                Failed(error);
            }
            await answer.WriteAsync(context).ConfigureAwait(false);
        }
    }

    /// <summary>Whether there is nobody to be told, which is no fault of the server; the body's end may be noticed before the connection's.</summary>
    private static bool IsClientGone(HttpContext context, Exception error) =>
        error is ConnectionResetException || (error is OperationCanceledException && context.RequestAborted.IsCancellationRequested);

    [LoggerMessage(EventId = 2, Level = LogLevel.Error, Message = "A request failed.")]
    private partial void Failed(Exception error);
}
