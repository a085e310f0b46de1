using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace PaliGemma.Generation;

/// <summary>Turns work that hands over results as it goes into an asynchronous sequence; the work is done on another thread.</summary>
internal static class BackgroundStream
{
    /// <summary>Runs <paramref name="work"/>, which hands results to its first argument. Leaving the enumeration early stops it.</summary>
    public static async IAsyncEnumerable<T> Run<T>(
        Action<Action<T>, CancellationToken> work, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Channel<T> results = Channel.CreateUnbounded<T>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
        Task running = Task.Run(
            () =>
            {
                try
                {
                    work(result => results.Writer.TryWrite(result), stop.Token);
                    results.Writer.Complete();
                }
                catch (Exception error)
                {
                    results.Writer.Complete(error);
                }
            },
            CancellationToken.None);
        try
        {
            await foreach (T result in results.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
            {
                yield return result;
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await running.ConfigureAwait(false);
        }
    }
}
