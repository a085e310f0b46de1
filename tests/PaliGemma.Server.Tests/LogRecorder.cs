using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace PaliGemma.Server.Tests;

/// <summary>Keeps what a server logs.</summary>
[ProviderAlias(Alias)]
internal sealed class LogRecorder : ILoggerProvider
{
    /// <summary>What configuration calls it.</summary>
    public const string Alias = "Recorder";

    private readonly ConcurrentQueue<(LogLevel Level, string Text)> _entries = [];

    /// <summary>The entries with their exceptions and what structured logs have besides the message.</summary>
    public IEnumerable<string> Entries => _entries.Select(entry => entry.Text);

    /// <summary>The entries that tell of a fault.</summary>
    public IEnumerable<string> Faults => _entries.Where(entry => entry.Level >= LogLevel.Error).Select(entry => entry.Text);

    public ILogger CreateLogger(string categoryName) => new Logger(_entries, categoryName);

    public void Dispose()
    {
    }

    private sealed class Logger(ConcurrentQueue<(LogLevel Level, string Text)> entries, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            string values = state is IEnumerable<KeyValuePair<string, object?>> list ? string.Join(", ", list) : "";
            entries.Enqueue((logLevel, $"{logLevel} {category}: {formatter(state, exception)} {values} {exception}"));
        }
    }
}
