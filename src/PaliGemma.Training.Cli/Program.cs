using System.CommandLine;
using System.Text;
using PaliGemma.Cli.Commands;
using PaliGemma.Training.Cli.Commands;
using PaliGemma.Training.Runtime;

Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
RootCommand root = new("Fine-tune PaliGemma on your own pictures and answers.")
{
    RunCommand.Create(),
    ResumeCommand.Create(),
    MergeCommand.Create(),
    InspectCommand.Create(),
    ShapesCommand.Create(),
};
// A step, and writing the state after it, may take long on a large model.
return await CommandLine.RunAsync(root, args, "paligemma-train", grace: TimeSpan.FromMinutes(10), TorchFailure.Explain).ConfigureAwait(false);
