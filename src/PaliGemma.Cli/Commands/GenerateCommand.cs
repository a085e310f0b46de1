using System.CommandLine;
using PaliGemma.Tasks;

namespace PaliGemma.Cli.Commands;

/// <summary><c>paligemma generate</c>: any prompt.</summary>
internal static class GenerateCommand
{
    public static Command Create()
    {
        Option<string[]> images = new("--image", "-i")
        {
            Description = "Picture files, or folders of pictures; each is answered on its own.",
            Required = true,
            AllowMultipleArgumentsPerToken = true,
            HelpName = "FILE",
        };
        Option<string[]> prompts = new("--prompt", "-p")
        {
            Description = "The prompt, for instance 'caption es'; several prompts share one look at each picture.",
            Required = true,
            HelpName = "TEXT",
        };
        Command command = new("generate", "Answer any prompt about pictures.") { images, prompts };
        new AnswerAction { Objects = new ObjectArguments(constrain: false), Masks = new MaskDecoderArgument(forSegments: false) }.AttachTo(
            command,
            parsed => parsed.GetRequiredValue(images),
            parsed => Array.ConvertAll(parsed.GetRequiredValue(prompts), TaskPrompt.Parse));
        return command;
    }
}
