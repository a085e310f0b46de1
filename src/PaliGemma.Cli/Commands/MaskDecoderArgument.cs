using System.CommandLine;
using PaliGemma.Checkpoints;
using PaliGemma.Tasks;

namespace PaliGemma.Cli.Commands;

/// <summary><c>--mask-decoder</c>: the weights that turn the codes of masks into shapes.</summary>
internal sealed class MaskDecoderArgument
{
    private readonly Option<string?> _file = new("--mask-decoder")
    {
        Description = "The file vae-oid.npz, which decodes masks; the one that 'paligemma pull mask-decoder' brought if not given.",
        HelpName = "FILE",
    };

    public void AddTo(Command command) => command.Options.Add(_file);

    /// <summary>The decoder; where there is none, says how to get it and returns null: boxes are found without it.</summary>
    /// <exception cref="ModelFileException">The file is missing, damaged or another one.</exception>
    public MaskDecoder? Load(ParseResult parsed)
    {
        if ((parsed.GetValue(_file) ?? HubCache.FromEnvironment().FindMaskDecoder()) is string file)
        {
            return MaskDecoder.Load(file);
        }
        Console.Error.WriteLine("paligemma: Masks stay codes because there is no decoder for them; 'paligemma pull mask-decoder' gets it.");
        return null;
    }
}
