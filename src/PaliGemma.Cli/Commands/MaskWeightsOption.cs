using System.CommandLine;
using PaliGemma.Checkpoints;
using PaliGemma.Tasks;

namespace PaliGemma.Cli.Commands;

/// <summary><c>--mask-decoder</c>: the weights that turn the codes of masks into shapes and back.</summary>
internal static class MaskWeightsOption
{
    public static Option<string?> Create() => Describe(
        $"The file {MaskDecoder.FileName}, which decodes masks; the one in the model's folder, or else the one that 'paligemma pull mask-decoder' "
        + "brought, if not given.");

    /// <summary>The option of a command that has no model.</summary>
    public static Option<string?> CreateWithoutModel() => Describe(
        $"The file {MaskDecoder.FileName}, which turns shapes into codes and back; the one that 'paligemma pull mask-decoder' brought, if not given.");

    /// <summary>The file that was given, that the model has, or that was pulled; null if there is none.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="option">What <see cref="Create"/> made.</param>
    /// <param name="model">The model's folder, or its .npz file; null where no model is at work.</param>
    public static string? Find(ParseResult parsed, Option<string?> option, string? model)
    {
        if (parsed.GetValue(option) is string file)
        {
            return file;
        }
        string? folder = File.Exists(model) ? Path.GetDirectoryName(Path.GetFullPath(model)) : model;
        string? own = folder is null ? null : Path.Combine(folder, MaskDecoder.FileName);
        return File.Exists(own) ? own : HubCache.FromEnvironment().FindMaskDecoder();
    }

    private static Option<string?> Describe(string description) => new("--mask-decoder") { Description = description, HelpName = "FILE" };
}
