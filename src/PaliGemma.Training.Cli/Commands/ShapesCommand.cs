using System.CommandLine;
using PaliGemma.Cli.Commands;
using PaliGemma.Training.Cli.Shapes;
using PaliGemma.Training.Runtime;
using static TorchSharp.torch;

namespace PaliGemma.Training.Cli.Commands;

/// <summary><c>paligemma-train shapes</c>: the small model, from its recipe alone.</summary>
internal static class ShapesCommand
{
    public static Command Create()
    {
        Option<string> recipe = new("--recipe")
        {
            Description = "The stages, and the sizes of a model from nothing.",
            DefaultValueFactory = _ => Path.Combine("models", "shapes", "recipe.json"),
            HelpName = "FILE",
        };
        Option<string> output = new("--output", "-o")
        {
            Description = "The folder of the run; a run that was stopped goes on where it was.",
            Required = true,
            HelpName = "DIR",
        };
        Option<int> threads = new("--workers", "--threads")
        {
            Description = "Threads that compute parts of a batch side by side; by default, one for each processor.",
            DefaultValueFactory = _ => Math.Min(64, Environment.ProcessorCount),
            CustomParser = NumberParser.Create<int>(value => value is >= 1 and <= 64, "a whole number from 1 to 64"),
            HelpName = "N",
        };
        Option<string?> start = new("--start")
        {
            Description = "A model of an earlier run that a recipe without a model goes on from.",
            HelpName = "DIR",
        };
        Command command = new("shapes", "Train the small model of shapes and words on pictures that are drawn on the way.")
        {
            recipe, output, threads, start,
        };
        command.SetAction((parsed, cancellation) => Task.Run(
            () =>
            {
                TorchLibrary.Load();
                set_num_threads(1);
                string? first = parsed.GetValue(start);
                ShapesRecipe stages = ShapesRecipe.Load(parsed.GetRequiredValue(recipe), goesOn: first is not null);
                int workers = parsed.GetValue(threads);
                new ShapesRun(stages, parsed.GetRequiredValue(output), workers, Console.Out.WriteLine, cancellation)
                {
                    Start = first,
                }.Run();
            },
            cancellation));
        return command;
    }
}
