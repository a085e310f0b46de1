using System.CommandLine;

namespace PaliGemma.Cli.Commands;

/// <summary>What is looked for in a picture.</summary>
internal static class ThingsArgument
{
    public static Argument<string> Create() => new("THINGS")
    {
        Description = "What to look for; several things are separated by ';', as in 'cat ; dog'.",
    };
}
