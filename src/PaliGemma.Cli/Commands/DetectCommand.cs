using System.CommandLine;
using PaliGemma.Tasks;

namespace PaliGemma.Cli.Commands;

/// <summary><c>paligemma detect</c>: boxes around things in the picture.</summary>
internal static class DetectCommand
{
    public static Command Create()
    {
        Argument<string> image = PictureArgument.Single();
        Argument<string> things = ThingsArgument.Create();
        Command command = new("detect", "Find things in a picture, with boxes around them.") { image, things };
        new AnswerAction { Objects = new ObjectArguments(constrain: true), Format = new FormatArgument(), Overlay = new OverlayArgument() }.AttachTo(
            command,
            parsed => [parsed.GetRequiredValue(image)],
            parsed => [new DetectPrompt(ObjectPrompt.ReadThings(parsed.GetRequiredValue(things)))]);
        return command;
    }
}
