using System.CommandLine;

namespace PaliGemma.Cli.Commands;

/// <summary><c>--count</c>: how many drawn scenes a model is scored on.</summary>
internal static class SceneCountOption
{
    public static Option<int> Create(string description) => new("--count")
    {
        Description = description,
        DefaultValueFactory = _ => 500,
        CustomParser = NumberParser.Create<int>(value => value is > 0 and <= 1_000_000, "a whole number from 1 to 1000000"),
        HelpName = "N",
    };
}
