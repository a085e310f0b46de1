using Microsoft.AspNetCore.Http;
using PaliGemma.Server.Errors;

namespace PaliGemma.Server.Access;

/// <summary>Refuses what a browser sends on behalf of a page of somebody else: any page could otherwise use a server on its visitor's machine.</summary>
internal sealed class SameOriginMiddleware(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        string origin = context.Request.Headers.Origin.ToString();
        return origin.Length == 0 || IsOwn(origin, context.Request.Host)
            ? next(context)
            : throw new RequestException(StatusCodes.Status403Forbidden, "Pages of other servers may not use this one.");
    }

    /// <summary>Whether a page is this server's. Its scheme may be another one: a proxy in front may speak TLS.</summary>
    private static bool IsOwn(string origin, HostString host) =>
        Uri.TryCreate(origin, UriKind.Absolute, out Uri? page)
        && page.Host.Equals(host.Host, StringComparison.OrdinalIgnoreCase)
        && (host.Port == page.Port || (host.Port is null && page.IsDefaultPort));
}
