using System.Collections.Concurrent;
using PaliGemma.Checkpoints;
using Spectre.Console;

namespace PaliGemma.Cli.Output;

/// <summary>
/// How far downloads are, on standard error: a bar per file on an interactive terminal, elsewhere a line for each tenth of a file.
/// </summary>
internal static class DownloadDisplay
{
    /// <summary>Runs <paramref name="work"/>, which reports its progress.</summary>
    public static Task<T> RunAsync<T>(Func<IProgress<HubProgress>, Task<T>> work)
    {
        if (!ProgressDisplay.Shown)
        {
            return work(new Lines(Console.Error));
        }
        return ProgressDisplay.Terminal.Progress()
            .Columns(
                new TaskDescriptionColumn(),
                new ProgressBarColumn(),
                new DownloadedColumn(),
                new TransferSpeedColumn(),
                new RemainingTimeColumn())
            .StartAsync(context => work(new Bars(context)));
    }

    private sealed class Bars(ProgressContext context) : IProgress<HubProgress>
    {
        private readonly ConcurrentDictionary<string, ProgressTask> _tasks = [];

        public void Report(HubProgress value)
        {
            // What an earlier attempt left must not count into the speed: the clock starts once it is known.
            ProgressTask task = _tasks.GetOrAdd(
                value.File, file => context.AddTask(Markup.Escape(file), autoStart: false, maxValue: Math.Max(1, value.Size)));
            task.Description = Markup.Escape(value.Waiting ? $"{value.File} (waiting)" : value.File);
            // An empty file is complete.
            task.Value = value.Size == 0 ? 1 : value.Received;
            if (!value.Waiting && !task.IsStarted)
            {
                task.StartTask();
            }
        }
    }

    private sealed class Lines(TextWriter output) : IProgress<HubProgress>
    {
        private readonly Dictionary<string, long> _tenths = [];

        public void Report(HubProgress value)
        {
            if (value.Waiting)
            {
                output.WriteLine($"{value.File}: another program downloads it; waiting");
                return;
            }
            long tenth = value.Size == 0 ? 10 : 10 * value.Received / value.Size;
            if (tenth > _tenths.GetValueOrDefault(value.File))
            {
                _tenths[value.File] = tenth;
                output.WriteLine($"{value.File}: {ByteSize.Text(value.Received)} of {ByteSize.Text(value.Size)}");
            }
        }
    }
}
