using System.CommandLine;
using PaliGemma.Checkpoints;
using PaliGemma.Cli.Output;

namespace PaliGemma.Cli.Commands;

/// <summary><c>paligemma pull</c>: downloads a model.</summary>
internal static class PullCommand
{
    private const string MaskDecoder = "mask-decoder";

    public static Command Create()
    {
        Argument<string> name = new("NAME")
        {
            Description = $"A repository of the hub such as google/paligemma-3b-mix-224, or {MaskDecoder}, which segmentation needs.",
        };
        Option<string?> revision = new("--revision")
        {
            Description = "A branch, tag or commit; google's branch bfloat16 is half as long as main.",
            HelpName = "NAME",
        };
        Command command = new("pull", "Download a model, or go on with a download that was interrupted; prints where it is.")
        {
            name,
            revision,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            string requested = parsed.GetRequiredValue(name);
            parsed.RefuseUnless(requested != MaskDecoder, $"has no effect on {MaskDecoder}, of which there is one", revision);
            HubRepository? repository = requested == MaskDecoder ? null : Repository(requested, parsed.GetValue(revision));
            using HubClient hub = new(HubSettings.FromEnvironment());
            string place = await DownloadDisplay.RunAsync(progress => repository is null
                ? hub.PullMaskDecoderAsync(progress, cancellation)
                : hub.PullAsync(repository, progress, cancellation)).ConfigureAwait(false);
            Console.Out.WriteLine(place);
        });
        return command;
    }

    private static HubRepository Repository(string name, string? revision) =>
        revision is null ? HubRepository.Parse(name) : new HubRepository(name, revision);
}
