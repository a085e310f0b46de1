using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace PaliGemma.Server.Metrics;

/// <summary><c>GET /metrics</c>: what the meters say, in Prometheus's text format.</summary>
internal static class MetricsEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/metrics", (MetricCollector metrics) => TypedResults.Text(metrics.Collect(), "text/plain; version=0.0.4", Encoding.UTF8))
        .WithTags("Operation")
        .WithSummary("Time to first token, tokens, queue, batches, cache, memory and requests, as Prometheus reads them")
        .Produces<string>(StatusCodes.Status200OK, "text/plain");
}
