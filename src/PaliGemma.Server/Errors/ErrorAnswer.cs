using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using PaliGemma.Generation;

namespace PaliGemma.Server.Errors;

/// <summary>What the sender of a request is told when something went wrong.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Record">The body.</param>
internal sealed record ErrorAnswer(int Status, ErrorRecord Record)
{
    /// <summary>The longest time after which to try again that anybody is told, in seconds.</summary>
    private const double LongestWait = 60;

    /// <summary>How long to wait before trying again; null where that would not help.</summary>
    public TimeSpan? RetryAfter { get; private init; }

    /// <summary>Whether it is a fault of the server's, which its log should tell of.</summary>
    public bool IsFault => Status == StatusCodes.Status500InternalServerError;

    public static ErrorAnswer Busy(string message, TimeSpan recentWait) =>
        Of(StatusCodes.Status429TooManyRequests, message, code: "queue_full") with
        {
            RetryAfter = TimeSpan.FromSeconds(Math.Clamp(Math.Ceiling(recentWait.TotalSeconds), 1, LongestWait)),
        };

    /// <summary>What goes with a status that routing gives a request for which there is no endpoint; null for other statuses.</summary>
    public static ErrorAnswer? OfUnmatched(int status) => status switch
    {
        StatusCodes.Status404NotFound => Of(status, "There is no such endpoint; /openapi/v1.json lists those there are."),
        StatusCodes.Status405MethodNotAllowed => Of(status, "The endpoint takes another method; /openapi/v1.json says which."),
        StatusCodes.Status415UnsupportedMediaType => Of(status, "The body's type is none that the endpoint reads; /openapi/v1.json says which."),
        _ => null,
    };

    public static ErrorAnswer Of(Exception error) => error switch
    {
        RequestException refused => Of(refused.Status, refused.Message, refused.Field, refused.Code),
        QueueFullException full => Busy(full.Message, full.RecentWait),
        // The only files that a request brings are pictures.
        ModelFileException picture => Of(StatusCodes.Status400BadRequest, picture.Message, "image"),
        BadHttpRequestException bad => Of(bad.StatusCode, "The request is malformed, too large or too slow."),
        ObjectDisposedException => Of(StatusCodes.Status503ServiceUnavailable, "The server is being stopped."),
        OperationCanceledException => Of(StatusCodes.Status504GatewayTimeout, "The request took longer than it may."),
        _ => Of(StatusCodes.Status500InternalServerError, "The server failed; its log says why."),
    };

    public async Task WriteAsync(HttpContext context)
    {
        // What HTTP wants beside 401 and 405 was said where these were found.
        IHeaderDictionary headers = context.Response.Headers;
        (StringValues challenge, StringValues methods) = (headers.WWWAuthenticate, headers.Allow);
        context.Response.Clear();
        (headers.WWWAuthenticate, headers.Allow) = (challenge, methods);
        context.Response.StatusCode = Status;
        if (RetryAfter is TimeSpan wait)
        {
            headers.RetryAfter = wait.TotalSeconds.ToString(CultureInfo.InvariantCulture);
        }
        await context.Response.WriteAsJsonAsync(Record, ServerJson.Readable.ErrorRecord).ConfigureAwait(false);
    }

    private static ErrorAnswer Of(int status, string message, string? field = null, string? code = null)
    {
        string type = status switch
        {
            StatusCodes.Status401Unauthorized => "authentication_error",
            StatusCodes.Status429TooManyRequests => "rate_limit_error",
            >= 500 => "server_error",
            _ => "invalid_request_error",
        };
        return new ErrorAnswer(status, new ErrorRecord(new ErrorDetail(message, type, field, code)));
    }
}
