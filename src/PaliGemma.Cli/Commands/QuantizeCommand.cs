using System.CommandLine;
using PaliGemma.Cli.Output;
using PaliGemma.Layers;
using PaliGemma.Quantization;

namespace PaliGemma.Cli.Commands;

/// <summary><c>paligemma quantize</c>: a model folder whose linear layers take 8 or 4 bits per weight.</summary>
internal static class QuantizeCommand
{
    public static Command Create()
    {
        Option<string> model = new("--model", "-m")
        {
            Description = "A model folder, an .npz file of big_vision, or the name of a pulled repository.",
            Required = true,
            HelpName = "DIR",
        };
        Option<WeightFormat> format = EnumOption.Required(
            "--to", "The format of the linear layers' weights.", ModelArguments.Quantized);
        Option<bool> doubleQuantized = new("--double-quant") { Description = "With nf4 and fp4, quantise the blocks' scales too." };
        Option<bool> head = new("--quantize-head")
        {
            Description = "Quantise the table of embeddings and head as well; bitsandbytes does not load it then.",
        };
        Option<string> output = new("--output", "-o") { Description = "The folder to create.", Required = true, HelpName = "DIR" };
        Command command = new("quantize", "Write a model folder in 8 or 4 bits: bitsandbytes' formats, or this library's own int4.") { model, format, doubleQuantized, head, output };
        command.SetAction((parsed, cancellation) => Task.Run(
            () =>
            {
                string source = ModelFolder.Resolve(parsed.GetRequiredValue(model));
                string target = parsed.GetRequiredValue(output);
                using NewFolder folder = new(target);
                QuantizationOptions options = new(parsed.GetRequiredValue(format))
                {
                    DoubleQuantized = parsed.GetValue(doubleQuantized),
                    QuantizeHead = parsed.GetValue(head),
                };
                long bytes = ProgressDisplay.Run("Quantising", report => FolderQuantizer.Quantize(
                    source, folder.WorkingPath, options, report, cancellation));
                folder.Commit();
                Console.Out.WriteLine($"{target}: {ByteSize.Text(bytes)}.");
            },
            cancellation));
        return command;
    }
}
