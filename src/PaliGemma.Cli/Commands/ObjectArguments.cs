using System.CommandLine;
using PaliGemma.Generation;
using PaliGemma.Tasks;

namespace PaliGemma.Cli.Commands;

/// <summary>The options that choose how objects are looked for and read.</summary>
/// <param name="constrain">Whether answers are held to the grammar of objects unless the user says otherwise.</param>
internal sealed class ObjectArguments(bool constrain)
{
    private readonly Option<string> _constrain = ConstrainOption.Create(constrain);

    private readonly Option<float?> _duplicates = new("--max-overlap")
    {
        Description = "Leave objects out that overlap an earlier one of the same label by more than this intersection over union.",
        CustomParser = result => NumberParser.Create<float>(value => value is >= 0 and <= 1, "a number from 0 to 1")(result),
        HelpName = "IOU",
    };

    private readonly Option<LocationScale> _scale = LocationScaleOption.Create();

    public void AddTo(Command command)
    {
        command.Options.Add(_constrain);
        command.Options.Add(_duplicates);
        command.Options.Add(_scale);
    }

    public TaskOptions Read(ParseResult parsed, GenerationOptions generation) => new()
    {
        Generation = generation,
        Constrain = ConstrainOption.Read(parsed, _constrain),
        DuplicateOverlap = parsed.GetValue(_duplicates),
        Scale = parsed.GetValue(_scale),
    };
}
