namespace PaliGemma.Training.Data;

/// <summary>Prepares the batches that come next on other threads, in order; to be disposed before what they are prepared from.</summary>
/// <typeparam name="T">What a batch becomes.</typeparam>
/// <param name="prepare">Prepares a batch by its number; called on several threads.</param>
/// <param name="depth">Batches that are prepared at the same time or wait to be taken.</param>
/// <param name="first">The number of the first batch.</param>
/// <param name="end">The number behind that of the last.</param>
internal sealed class ReadAhead<T>(Func<long, T> prepare, int depth, long first, long end) : IDisposable
{
    private readonly Queue<Task<T>> _running = [];
    private long _next = first;

    /// <summary>The next batch.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    /// <exception cref="OperationCanceledException">No batch is wanted any more.</exception>
    public T Take(CancellationToken cancellation)
    {
        // Waiting for what is there already does not look at it.
        cancellation.ThrowIfCancellationRequested();
        while (_running.Count < depth && _next < end)
        {
            long number = _next++;
            _running.Enqueue(Task.Run(() => prepare(number), CancellationToken.None));
        }
        T batch = _running.Peek().WaitAsync(cancellation).GetAwaiter().GetResult();
        _running.Dequeue();
        return batch;
    }

    /// <summary>Waits for what is being prepared, whatever becomes of it.</summary>
    public void Dispose()
    {
        foreach (Task<T> batch in _running)
        {
            // Unlike Wait, it does not throw what the batch has thrown.
            Task.WaitAny(batch);
        }
    }
}
