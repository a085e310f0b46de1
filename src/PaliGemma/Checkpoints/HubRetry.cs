namespace PaliGemma.Checkpoints;

/// <summary>
/// Repeats what failed for a passing reason, after 1, 2, 4 and 8 times the first delay, or as long as the server asks for. Our own, because
/// what has to be repeated is a request together with reading its body, continued where the last one broke, and because progress must earn
/// a long download new attempts: the handlers of Microsoft.Extensions.Http.Resilience see neither, as they end with the answer's headers.
/// </summary>
internal sealed class HubRetry(TimeSpan firstDelay)
{
    private const int MostFailures = 5;

    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(2);

    private int _failures;

    /// <summary>Forgets the failures so far.</summary>
    public void Progressed() => _failures = 0;

    /// <summary>Runs <paramref name="attempt"/> until it succeeds or has failed too often.</summary>
    /// <exception cref="HubException">The last failure.</exception>
    public async Task<T> RunAsync<T>(Func<Task<T>> attempt, CancellationToken cancellation)
    {
        while (true)
        {
            TimeSpan wait;
            try
            {
                return await attempt().ConfigureAwait(false);
            }
            catch (HubException error) when (error.IsTransient && ++_failures < MostFailures && !(error.RetryAfter > LongestWait))
            {
                wait = error.RetryAfter ?? (firstDelay * Math.Pow(2, _failures - 1));
            }
            await Task.Delay(wait, cancellation).ConfigureAwait(false);
        }
    }
}
