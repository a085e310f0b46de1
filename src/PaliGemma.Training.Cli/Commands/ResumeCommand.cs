using System.CommandLine;

namespace PaliGemma.Training.Cli.Commands;

/// <summary><c>paligemma-train resume</c>: goes on with a run that was ended before its time.</summary>
internal static class ResumeCommand
{
    public static Command Create()
    {
        Argument<string> folder = new("folder") { Description = "The --output of the run.", HelpName = "DIR" };
        Command command = new("resume", "Go on with a run that was stopped, as if it had not been.") { folder };
        command.SetAction((parsed, cancellation) =>
        {
            RunFolder run = new(parsed.GetRequiredValue(folder));
            (string place, string[] arguments) = run.ReadCommand();
            if (!Directory.Exists(place))
            {
                throw new ModelFileException($"The run in {run.FullPath} was started in {place}, which is not there any more.");
            }
            Environment.CurrentDirectory = place;
            RunArguments options = new();
            ParseResult original = options.Command.Parse(arguments);
            if (original.Errors.Count > 0)
            {
                throw new ModelFileException($"The run in {run.FullPath} can not be resumed: {original.Errors[0].Message}");
            }
            return Task.Run(() => TrainingRun.Go(options, original, run, resume: true, cancellation), cancellation);
        });
        return command;
    }
}
