using Microsoft.AspNetCore.Http;
using PaliGemma.Server.Errors;

namespace PaliGemma.Server.Access;

/// <summary>Refuses what a browser sends on behalf of a page of somebody else: any page could otherwise use a server on its visitor's machine.</summary>
internal sealed class SameOriginMiddleware(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        string origin = context.Request.Headers.Origin.ToString();
        bool own = origin.Length == 0
            || (Uri.TryCreate(origin, UriKind.Absolute, out Uri? page) && HostString.FromUriComponent(page) == context.Request.Host);
        return own
            ? next(context)
            : throw new RequestException(StatusCodes.Status403Forbidden, "Pages of other servers may not use this one.");
    }
}
