using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace PaliGemma.Server.Access;

/// <summary>
/// How long the work for a request may go on: until its sender is gone or the time is up. Unlike the framework's timeouts it leaves
/// <see cref="HttpContext.RequestAborted"/> as it is, so that a stream whose time is up can still say so.
/// </summary>
/// <param name="Work">Is cancelled when the work should end.</param>
internal sealed record TimeLimit(CancellationToken Work)
{
    public static CancellationToken Of(HttpContext context) => context.Features.GetRequiredFeature<TimeLimit>().Work;
}

/// <summary>Gives each request its <see cref="TimeLimit"/>.</summary>
internal sealed class TimeLimitMiddleware(RequestDelegate next, ServerOptions options)
{
    public async Task InvokeAsync(HttpContext context)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        limit.CancelAfter(options.MaxTime);
        context.Features.Set(new TimeLimit(limit.Token));
        await next(context).ConfigureAwait(false);
    }
}
