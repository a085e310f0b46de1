using System.Runtime.ExceptionServices;

namespace PaliGemma.Kernels;

/// <summary>
/// An explicit parallel-for over a fixed set of threads; the calling thread works too. Decoding enters some 130 parallel sections per token, so
/// a waiting thread spins for a moment before it parks: an idle pool costs nothing, a busy one dispatches in about a microsecond.
/// </summary>
public sealed class WorkerPool : IDisposable
{
    /// <summary>How long a worker looks for the next section before it sleeps: longer than the gaps inside a decoding step.</summary>
    private const int SpinIterations = 2000;

    private readonly Lock _gate = new();
    private readonly Thread[] _threads;
    private readonly SemaphoreSlim _wake = new(0);
    private Section? _section;
    private int _sectionNumber;
    private int _sleeping;
    private volatile bool _disposed;

    /// <summary>Creates a pool that runs <paramref name="threads"/> tasks at a time, the caller included.</summary>
    /// <param name="threads">At least 1; 0 means one per processor.</param>
    public WorkerPool(int threads = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        ThreadCount = threads == 0 ? Environment.ProcessorCount : threads;
        _threads = new Thread[ThreadCount - 1];
        for (int i = 0; i < _threads.Length; i++)
        {
            _threads[i] = new Thread(Work) { IsBackground = true, Name = "PaliGemma worker" };
            _threads[i].Start();
        }
    }

    /// <summary>Number of tasks that run at the same time.</summary>
    public int ThreadCount { get; }

    /// <summary>
    /// Runs <paramref name="body"/> for 0 … <paramref name="count"/> - 1 and returns when all are done. Tasks are taken in order, one at a time. Called from
    /// inside a task or from several threads at once, the calls that find the pool busy run on their own thread alone.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The pool has been disposed.</exception>
    public void For(int count, Action<int> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        ObjectDisposedException.ThrowIf(_disposed, this);
        // The gate is re-entrant: a task that calls For on the dispatching thread holds it already, hence the second test.
        if (count <= 1 || _threads.Length == 0 || _gate.IsHeldByCurrentThread || !_gate.TryEnter())
        {
            for (int i = 0; i < count; i++)
            {
                body(i);
            }
            return;
        }
        try
        {
            Section section = new(body, count);
            Volatile.Write(ref _section, section);
            Interlocked.Increment(ref _sectionNumber);
            int sleeping = Volatile.Read(ref _sleeping);
            if (sleeping > 0)
            {
                // One permit too many only makes a thread look once more.
                _wake.Release(sleeping);
            }
            section.Run();
            section.Wait();
            Volatile.Write(ref _section, null);
        }
        finally
        {
            _gate.Exit();
        }
    }

    /// <summary>
    /// Cuts [0, <paramref name="length"/>) into one contiguous range per thread, each but the last a multiple of <paramref name="granularity"/>, and runs
    /// <paramref name="body"/>(start, end) for them.
    /// </summary>
    public void ForRanges(int length, int granularity, Action<int, int> body)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(granularity, 1);
        int units = (int)(((long)length + granularity - 1) / granularity);
        int parts = Math.Min(ThreadCount, units);
        For(parts, part =>
        {
            int start = (int)((long)units * part / parts) * granularity;
            int end = (int)Math.Min((long)units * (part + 1) / parts * granularity, length);
            body(start, end);
        });
    }

    /// <summary>Ends the threads; a section that runs is finished first.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }
            _disposed = true;
            if (_threads.Length > 0)
            {
                _wake.Release(_threads.Length);
            }
        }
        foreach (Thread thread in _threads)
        {
            thread.Join();
        }
        _wake.Dispose();
    }

    private void Work()
    {
        int seen = 0;
        while (!_disposed)
        {
            int spins = 0;
            while (Volatile.Read(ref _sectionNumber) == seen && !_disposed)
            {
                if (++spins < SpinIterations)
                {
                    Thread.SpinWait(20);
                    continue;
                }
                Sleep(seen);
            }
            seen = Volatile.Read(ref _sectionNumber);
            Volatile.Read(ref _section)?.Run();
        }
    }

    private void Sleep(int seen)
    {
        // The counter is raised before the last look, so that a dispatcher either sees a sleeper or is seen.
        Interlocked.Increment(ref _sleeping);
        if (Volatile.Read(ref _sectionNumber) == seen && !_disposed)
        {
            _wake.Wait();
        }
        Interlocked.Decrement(ref _sleeping);
    }

    /// <summary>One parallel-for: tasks are handed out by a counter, and the last one finished opens the way for the caller.</summary>
    private sealed class Section(Action<int> body, int count)
    {
        private int _next = -1;
        private int _finished;
        private ExceptionDispatchInfo? _error;

        public void Run()
        {
            for (int i = Interlocked.Increment(ref _next); i < count; i = Interlocked.Increment(ref _next))
            {
                try
                {
                    body(i);
                }
                catch (Exception error)
                {
                    Interlocked.CompareExchange(ref _error, ExceptionDispatchInfo.Capture(error), null);
                }
                Interlocked.Increment(ref _finished);
            }
        }

        public void Wait()
        {
            SpinWait spinner = default;
            while (Volatile.Read(ref _finished) < count)
            {
                spinner.SpinOnce(sleep1Threshold: -1);
            }
            _error?.Throw();
        }
    }
}
