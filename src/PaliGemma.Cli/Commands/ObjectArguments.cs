using System.CommandLine;
using PaliGemma.Generation;
using PaliGemma.Tasks;

namespace PaliGemma.Cli.Commands;

/// <summary>The options that choose how objects are looked for and read.</summary>
/// <param name="constrain">Whether answers are held to the grammar of objects unless the user says otherwise.</param>
internal sealed class ObjectArguments(bool constrain)
{
    private readonly Option<bool> _constrain = new("--constrain")
    {
        Description = "Hold answers to detect and segment to well-formed objects with the labels asked for.",
        DefaultValueFactory = _ => constrain,
        HelpName = "true|false",
    };

    private readonly Option<float?> _duplicates = new("--max-overlap")
    {
        Description = "Leave objects out that overlap an earlier one of the same label by more than this intersection over union.",
        HelpName = "IOU",
    };

    private readonly Option<LocationScale> _scale = LocationScaleOption.Create();

    public void AddTo(Command command)
    {
        command.Options.Add(_constrain);
        command.Options.Add(_duplicates);
        command.Options.Add(_scale);
    }

    public TaskOptions Read(ParseResult parsed, GenerationOptions generation)
    {
        float? overlap = parsed.GetValue(_duplicates);
        return overlap is null or (>= 0 and <= 1)
            ? new TaskOptions
            {
                Generation = generation,
                Constrain = parsed.GetValue(_constrain),
                DuplicateOverlap = overlap,
                Scale = parsed.GetValue(_scale),
            }
            : throw new ArgumentException($"--max-overlap lies from 0 to 1, not at {overlap}.");
    }
}
