using System.CommandLine;

namespace PaliGemma.Cli.Commands;

/// <summary>The pictures of a command that is about pictures only.</summary>
internal static class PictureArgument
{
    public static Argument<string[]> Several() => new("IMAGE")
    {
        Description = "Picture files, or folders of pictures.",
        Arity = ArgumentArity.OneOrMore,
    };

    public static Argument<string> Single() => new("IMAGE") { Description = "A picture file, or a folder of pictures." };
}
