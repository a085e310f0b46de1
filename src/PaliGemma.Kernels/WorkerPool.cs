namespace PaliGemma.Kernels;

/// <summary>An explicit parallel-for over a fixed set of threads; the calling thread works too.</summary>
public sealed class WorkerPool : IDisposable
{
    /// <summary>Creates a pool that runs <paramref name="threads"/> tasks at a time, the caller included.</summary>
    /// <param name="threads">At least 1; 0 means one per processor.</param>
    public WorkerPool(int threads = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        ThreadCount = threads == 0 ? Environment.ProcessorCount : threads;
    }

    /// <summary>Number of tasks that run at the same time.</summary>
    public int ThreadCount { get; }

    /// <summary>Runs <paramref name="body"/> for 0 … <paramref name="count"/> - 1 and returns when all are done.</summary>
    public void For(int count, Action<int> body) =>
        Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = ThreadCount }, body);

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
