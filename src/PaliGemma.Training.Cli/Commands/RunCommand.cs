using System.CommandLine;

namespace PaliGemma.Training.Cli.Commands;

/// <summary><c>paligemma-train run</c>: fine-tunes a model on examples and writes a complete model folder.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        RunArguments options = new();
        options.Command.SetAction((parsed, cancellation) => Task.Run(
            () =>
            {
                RunFolder folder = new(options.Output(parsed));
                TrainingRun.Go(options, parsed, folder, resume: false, cancellation);
            },
            cancellation));
        return options.Command;
    }
}
