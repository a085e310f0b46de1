using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace PaliGemma.Server;

/// <summary><c>GET /health</c>: the process lives. <c>GET /ready</c>: it takes requests, which it does not while it is being stopped.</summary>
internal static class HealthEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health", () => TypedResults.Text("ok")).WithTags("Operation").WithSummary("Whether the process lives");
        routes.MapGet("/ready", (IHostApplicationLifetime lifetime) => lifetime.ApplicationStopping.IsCancellationRequested
                ? Results.Text("stopping", statusCode: StatusCodes.Status503ServiceUnavailable)
                : Results.Text("ready"))
            .WithTags("Operation")
            .WithSummary("Whether the server takes requests");
    }
}
