using System.CommandLine;
using PaliGemma.Tasks;

namespace PaliGemma.Cli.Commands;

/// <summary><c>paligemma ocr</c>: the text in the picture.</summary>
internal static class OcrCommand
{
    public static Command Create()
    {
        Argument<string[]> images = PictureArgument.Several();
        Command command = new("ocr", "Read the text in pictures.") { images };
        new AnswerAction().AttachTo(command, parsed => parsed.GetRequiredValue(images), _ => [new OcrPrompt()]);
        return command;
    }
}
