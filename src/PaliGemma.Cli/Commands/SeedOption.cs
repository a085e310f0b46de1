using System.CommandLine;

namespace PaliGemma.Cli.Commands;

/// <summary><c>--seed</c>: where a random sequence begins that can be repeated.</summary>
internal static class SeedOption
{
    public static Option<ulong> Create(string description = "Start of the random sequence.", ulong fallback = 0) => new("--seed")
    {
        Description = description,
        DefaultValueFactory = _ => fallback,
        CustomParser = NumberParser.Create<ulong>(_ => true, "a whole number of at least 0"),
        HelpName = "S",
    };
}
