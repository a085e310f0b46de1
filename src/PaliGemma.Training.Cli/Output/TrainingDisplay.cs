using System.Diagnostics;
using System.Globalization;
using PaliGemma.Cli.Output;
using Spectre.Console;

namespace PaliGemma.Training.Cli.Output;

/// <summary>Shows how a run goes, on standard error: a bar where somebody is watching, else a line now and then.</summary>
internal sealed class TrainingDisplay(long steps, long firstStep)
{
    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(15);

    /// <summary>The longest time that is told, in seconds: a hundred years.</summary>
    private const double LongestLeft = 3.2e9;

    private readonly long _started = Stopwatch.GetTimestamp();
    private long _lastLine;
    private double _tokens;
    private ProgressTask? _task;

    /// <summary>Runs <paramref name="work"/> with the bar on the screen.</summary>
    public void Run(Action work)
    {
        if (!ProgressDisplay.Shown)
        {
            work();
            return;
        }
        ProgressDisplay.Terminal.Progress()
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn())
            .Start(context =>
            {
                _task = context.AddTask("Training", maxValue: steps);
                _task.Value = firstStep;
                work();
            });
    }

    public void Show(TrainingStep step)
    {
        TimeSpan passed = Stopwatch.GetElapsedTime(_started);
        _tokens += step.Tokens;
        long done = step.Step + 1;
        TimeSpan left = TimeSpan.FromSeconds(Math.Min(LongestLeft, passed.TotalSeconds * ((steps - done) / (double)(done - firstStep))));
        string text = string.Create(
            CultureInfo.InvariantCulture,
            $"step {done}/{steps}  loss {step.Loss:F4}  rate {step.LearningRate:G3}  {_tokens / passed.TotalSeconds:F0} tokens/s  {Duration(left)} left");
        if (_task is not null)
        {
            _task.Description = Markup.Escape(text);
            _task.Value = done;
        }
        else if (_lastLine == 0 || done == steps || Stopwatch.GetElapsedTime(_lastLine) > LineInterval)
        {
            _lastLine = Stopwatch.GetTimestamp();
            Console.Error.WriteLine(text);
        }
    }

    private static string Duration(TimeSpan time) => time.TotalHours >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours} h {time.Minutes} min")
        : time.TotalMinutes >= 1 ? string.Create(CultureInfo.InvariantCulture, $"{time.Minutes} min")
        : string.Create(CultureInfo.InvariantCulture, $"{time.Seconds} s");
}
