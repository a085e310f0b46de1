using Spectre.Console;

namespace PaliGemma.Cli.Output;

/// <summary>Progress bars on standard error, shown only where it is an interactive terminal.</summary>
internal static class ProgressDisplay
{
    /// <summary>Standard error.</summary>
    public static IAnsiConsole Terminal { get; } =
        AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });

    /// <summary>Whether somebody is watching.</summary>
    public static bool Shown => !Console.IsErrorRedirected && Terminal.Profile.Capabilities.Interactive;

    /// <summary>Runs <paramref name="work"/>, which reports how much of it is done, from 0 to 1.</summary>
    public static T Run<T>(string title, Func<Action<double>, T> work) =>
        RunDescribed(title, report => work(done => report(done, title)));

    /// <summary>Runs <paramref name="work"/>, which reports how much of it is done, from 0 to 1, and what to say about it.</summary>
    public static T RunDescribed<T>(string title, Func<Action<double, string>, T> work)
    {
        if (!Shown)
        {
            return work((_, _) => { });
        }
        return Terminal.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
            .Start(context =>
            {
                ProgressTask task = context.AddTask(Markup.Escape(title), maxValue: 1);
                return work((done, text) => (task.Value, task.Description) = (done, Markup.Escape(text)));
            });
    }
}
