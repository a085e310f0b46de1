using System.CommandLine;
using PaliGemma.Checkpoints;

namespace PaliGemma.Cli.Commands;

/// <summary><c>--mask-decoder</c>: the weights that turn the codes of masks into shapes and back.</summary>
internal static class MaskWeightsOption
{
    public static Option<string?> Create() => new("--mask-decoder")
    {
        Description = "The file vae-oid.npz, which decodes masks; the one that 'paligemma pull mask-decoder' brought if not given.",
        HelpName = "FILE",
    };

    /// <summary>The file that was given or pulled; null if there is none.</summary>
    public static string? Find(ParseResult parsed, Option<string?> option) =>
        parsed.GetValue(option) ?? HubCache.FromEnvironment().FindMaskDecoder();
}
