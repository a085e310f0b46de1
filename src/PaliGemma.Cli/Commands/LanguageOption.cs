using System.CommandLine;

namespace PaliGemma.Cli.Commands;

/// <summary>The language of the answer.</summary>
internal static class LanguageOption
{
    public static Option<string> Create() => new("--lang", "-l")
    {
        Description = "Language of the answer, by its code, such as en.",
        DefaultValueFactory = _ => "en",
        HelpName = "CODE",
    };
}
