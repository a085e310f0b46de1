using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.DependencyInjection;
using PaliGemma.Server.Errors;

namespace PaliGemma.Server;

/// <summary>
/// Lets as many requests in as the models decode and let wait, and refuses others before their body is read: that bounds the memory for pictures.
/// </summary>
internal static class RequestGate
{
    /// <summary>The policy's name.</summary>
    public const string Policy = "models";

    public static void AddRequestGate(this IServiceCollection services)
    {
        services.AddRateLimiter(_ => { });
        services.AddOptions<RateLimiterOptions>().Configure<ServerOptions, ModelCatalog>((limiter, options, models) =>
        {
            limiter.AddConcurrencyLimiter(Policy, gate =>
            {
                gate.PermitLimit = (int)Math.Min(int.MaxValue, models.Models.Count * ((long)options.Batch.MaxSequences + options.Batch.MaxWaiting));
                gate.QueueLimit = 0;
            });
            limiter.OnRejected = async (rejected, _) =>
                await ErrorAnswer.Busy("The server has as many requests as it takes; try again later.", TimeSpan.Zero)
                    .WriteAsync(rejected.HttpContext).ConfigureAwait(false);
        });
    }
}
