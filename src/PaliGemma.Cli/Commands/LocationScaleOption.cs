using System.CommandLine;
using PaliGemma.Tasks;

namespace PaliGemma.Cli.Commands;

/// <summary>What location numbers are divided by.</summary>
internal static class LocationScaleOption
{
    public static Option<LocationScale> Create() => new("--location-scale")
    {
        Description = "What a location token's number is divided by: 1023 as in training, or 1024 as in the demo Space.",
        DefaultValueFactory = _ => LocationScale.Over1023,
        CustomParser = result =>
        {
            switch (result.Tokens[0].Value)
            {
                case "1023":
                    return LocationScale.Over1023;
                case "1024":
                    return LocationScale.Over1024;
                default:
                    result.AddError($"--location-scale is 1023 or 1024, not '{result.Tokens[0].Value}'.");
                    return default;
            }
        },
        HelpName = "1023|1024",
    };
}
