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
