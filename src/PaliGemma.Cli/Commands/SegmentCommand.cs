using System.CommandLine;
using PaliGemma.Tasks;

namespace PaliGemma.Cli.Commands;

/// <summary><c>paligemma segment</c>: shapes of things in the picture.</summary>
internal static class SegmentCommand
{
    public static Command Create()
    {
        Argument<string> image = PictureArgument.Single();
        Argument<string> things = ThingsArgument.Create();
        Option<bool> referring = new("--referring")
        {
            Description = "THINGS is an expression for one thing, asked as checkpoints fine-tuned for RefCOCO take it.",
        };
        Command command = new("segment", "Find things in a picture, with their shapes.") { image, things, referring };
        AnswerAction action = new()
        {
            Objects = new ObjectArguments(constrain: true),
            Format = new FormatArgument(),
            Overlay = new OverlayArgument(),
            Masks = new MaskDecoderArgument(forSegments: true),
        };
        action.AttachTo(
            command,
            parsed => [parsed.GetRequiredValue(image)],
            parsed => [parsed.GetValue(referring)
                ? new ReferringExpressionPrompt(parsed.GetRequiredValue(things).Trim())
                : new SegmentPrompt(ObjectPrompt.ReadThings(parsed.GetRequiredValue(things)))]);
        return command;
    }
}
