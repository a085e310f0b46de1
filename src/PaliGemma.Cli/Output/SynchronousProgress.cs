namespace PaliGemma.Cli.Output;

/// <summary>Calls its handler on the reporting thread: <see cref="Progress{T}"/> would queue thousands of calls for later.</summary>
internal sealed class SynchronousProgress<T>(Action<T> handler) : IProgress<T>
{
    public void Report(T value) => handler(value);
}
