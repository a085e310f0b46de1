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
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested && !context.Response.HasStarted)
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

    [LoggerMessage(EventId = 2, Level = LogLevel.Error, Message = "A request failed.")]
    private partial void Failed(Exception error);
}
