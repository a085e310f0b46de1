using System.CommandLine;
using PaliGemma.Cli.Output;
using PaliGemma.Evaluation;
using PaliGemma.Evaluation.Reports;

namespace PaliGemma.Cli.Commands;

/// <summary><c>paligemma eval</c>: benchmarks of the model card.</summary>
internal static class EvalCommand
{
    public static Command Create()
    {
        Option<string> name = new("--task", "-t")
        {
            Description = $"The benchmark: {string.Join(", ", EvaluationTasks.All.Select(task => task.Name))}.",
            Required = true,
            HelpName = "NAME",
        };
        EvaluationArguments arguments = new();
        Command command = new("eval", "Score a model in a benchmark of the model card.") { name };
        arguments.AddTo(command);
        command.SetAction((parsed, cancellation) => Task.Run(
            () =>
            {
                EvaluationTask task = EvaluationTasks.Named(parsed.GetRequiredValue(name));
                using EvaluationRun run = new(arguments, parsed);
                Report(arguments, parsed, () => run.Run(task, arguments.Data(parsed), arguments.Model(parsed), cancellation));
            },
            cancellation));
        command.Subcommands.Add(CreateCard());
        return command;
    }

    private static Command CreateCard()
    {
        EvaluationArguments arguments = new();
        Command command = new(
            "card", "Score a model in all benchmarks whose data are there, each in a folder of its name, and print the card's table.");
        arguments.AddTo(command);
        command.SetAction((parsed, cancellation) => Task.Run(
            () =>
            {
                using EvaluationRun run = new(arguments, parsed);
                Report(arguments, parsed, () => run.RunAll(arguments.Data(parsed), arguments.Model(parsed), cancellation));
            },
            cancellation));
        return command;
    }

    /// <summary>Runs, prints the results, and writes the page; that it can be written is known before.</summary>
    private static void Report(EvaluationArguments arguments, ParseResult parsed, Func<IReadOnlyList<BenchmarkResult>> run)
    {
        string? page = arguments.Report(parsed);
        if (page is not null)
        {
            HtmlReport.CheckPlace(page);
        }
        IReadOnlyList<BenchmarkResult> results = run();
        if (arguments.Json(parsed))
        {
            EvaluationText.WriteJson(results, Console.Out);
        }
        else
        {
            EvaluationText.Write(results, Console.Out);
        }
        if (page is not null)
        {
            HtmlReport.Write(results, page);
        }
    }
}
