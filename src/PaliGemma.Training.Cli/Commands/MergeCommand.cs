using System.CommandLine;
using PaliGemma.Checkpoints;
using PaliGemma.Cli.Commands;
using PaliGemma.Cli.Output;
using PaliGemma.Training.Adapters;

namespace PaliGemma.Training.Cli.Commands;

/// <summary><c>paligemma-train merge</c>: a model folder from a model and adapters.</summary>
internal static class MergeCommand
{
    public static Command Create()
    {
        Option<string> model = new("--model", "-m") { Description = "The model that the adapters were trained on.", Required = true, HelpName = "DIR" };
        Option<string> adapter = new("--adapter", "-a") { Description = "The adapters, as PEFT stores them.", Required = true, HelpName = "DIR" };
        Option<string> output = new("--output", "-o") { Description = "The folder to create.", Required = true, HelpName = "DIR" };
        Option<ElementType> type = EnumOption.One(
            "--dtype", "The element type of the weights.", ElementType.BFloat16, ElementType.BFloat16, ElementType.Float16, ElementType.Float32);
        Command command = new("merge", "Write a model folder with adapters merged into it.") { model, adapter, output, type };
        command.SetAction((parsed, cancellation) => Task.Run(
            () =>
            {
                string source = ModelFolder.Resolve(parsed.GetRequiredValue(model));
                string target = parsed.GetRequiredValue(output);
                using NewFolder folder = new(target);
                using TrainableModel merged = TrainableModel.Load(source);
                cancellation.ThrowIfCancellationRequested();
                LoraFolder.Load(parsed.GetRequiredValue(adapter), merged.Parameters);
                cancellation.ThrowIfCancellationRequested();
                merged.SaveFolder(folder.WorkingPath, source, parsed.GetValue(type));
                cancellation.ThrowIfCancellationRequested();
                folder.Commit();
                Console.Out.WriteLine($"{target}: {merged.Parameters.Adapters.Count} adapters merged.");
            },
            cancellation));
        return command;
    }
}
