namespace PaliGemma.Training.Tests;

/// <summary>
/// Collects garbage on a thread of its own until it is disposed: what nothing keeps alive while native code reads it does not live long.
/// </summary>
internal sealed class RestlessCollector : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Thread _thread;

    public RestlessCollector()
    {
        _thread = new Thread(() =>
        {
            while (!_stop.IsCancellationRequested)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
        });
        _thread.Start();
    }

    public void Dispose()
    {
        _stop.Cancel();
        _thread.Join();
        _stop.Dispose();
    }
}
