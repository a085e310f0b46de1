using System.CommandLine;
using System.Text.Json;
using PaliGemma.Checkpoints;
using PaliGemma.Cli.Output;

namespace PaliGemma.Cli.Commands;

/// <summary><c>paligemma inspect</c>: what a model is made of and what it needs; no weight is read.</summary>
internal static class InspectCommand
{
    public static Command Create()
    {
        Option<string> model = new("--model", "-m")
        {
            Description = "A model folder, an .npz file of big_vision, or the name of a pulled repository.",
            Required = true,
            HelpName = "DIR",
        };
        Option<bool> tensors = new("--tensors") { Description = "List every tensor instead of one line for all layers." };
        Option<bool> json = new("--json") { Description = "Print one JSON object, with every tensor." };
        Command command = new("inspect", "Show a model's configuration, tensors, sizes and the memory it needs.") { model, tensors, json };
        command.SetAction(parsed =>
        {
            parsed.RefuseUnless(!parsed.GetValue(json), "has no effect with --json, which lists every tensor", tensors);
            using Checkpoint checkpoint = Checkpoint.Open(ModelFolder.Resolve(parsed.GetRequiredValue(model)));
            ModelReport report = ModelReport.Create(checkpoint);
            if (parsed.GetValue(json))
            {
                Console.Out.WriteLine(JsonSerializer.Serialize(report, ModelReportJson.Default.ModelReport));
            }
            else
            {
                ModelReportText.Write(report, parsed.GetValue(tensors), Console.Out);
            }
        });
        return command;
    }
}
