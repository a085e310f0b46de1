using System.CommandLine;
using PaliGemma.Tasks;

namespace PaliGemma.Cli.Commands;

/// <summary><c>paligemma caption</c>: what is in the picture.</summary>
internal static class CaptionCommand
{
    public static Command Create()
    {
        Argument<string[]> images = PictureArgument.Several();
        Option<string> language = LanguageOption.Create();
        Command command = new("caption", "Describe pictures in a short sentence.") { images, language };
        new AnswerAction().AttachTo(
            command,
            parsed => parsed.GetRequiredValue(images),
            parsed => [new CaptionPrompt(parsed.GetRequiredValue(language))]);
        return command;
    }
}
