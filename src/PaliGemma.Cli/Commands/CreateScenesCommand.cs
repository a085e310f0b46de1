using System.CommandLine;
using PaliGemma.Cli.Output;
using PaliGemma.Data.Shapes;

namespace PaliGemma.Cli.Commands;

/// <summary><c>paligemma create-scenes</c>: the data of the benchmark <c>shapes</c>.</summary>
internal static class CreateScenesCommand
{
    public static Command Create()
    {
        Option<string> output = new("--output", "-o") { Description = "The folder to write to.", Required = true, HelpName = "DIR" };
        Option<int> count = SceneCountOption.Create("How many scenes, each with one question of every task.");
        Option<ulong> seed = SeedOption.Create(
            "Start of the random sequence; if not given, one that no model was trained on.", ScoreScenesCommand.HeldOutSeed);
        Command command = new("create-scenes", "Write drawn scenes with questions and answers as data for 'paligemma eval --task shapes'.")
        {
            output, count, seed,
        };
        command.SetAction((parsed, cancellation) => Task.Run(
            () =>
            {
                string folder = parsed.GetRequiredValue(output);
                ProgressDisplay.Run("Drawing", done =>
                {
                    SceneFolder.Write(folder, parsed.GetValue(seed), parsed.GetValue(count), done, cancellation);
                    return true;
                });
                Console.Out.WriteLine($"{folder}: {parsed.GetValue(count)} scenes.");
            },
            cancellation));
        return command;
    }
}
