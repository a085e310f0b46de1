using System.CommandLine;

namespace PaliGemma.Cli.Commands;

/// <summary><c>--constrain</c>: whether answers are held to the grammar of objects. Alone it means <c>true</c>.</summary>
internal static class ConstrainOption
{
    private const string Yes = "true", No = "false";

    /// <remarks>A text, because what follows an option of a truth value is only taken as its value if it is one, and then explained badly.</remarks>
    public static Option<string> Create(bool fallback) => new("--constrain")
    {
        Description = "Hold answers to detect and segment to well-formed objects with the labels asked for.",
        DefaultValueFactory = _ => fallback ? Yes : No,
        Arity = ArgumentArity.ZeroOrOne,
        CustomParser = result =>
        {
            string value = result.Tokens is [var token] ? token.Value.ToLowerInvariant() : Yes;
            if (value is not (Yes or No))
            {
                result.AddError($"--constrain is {Yes} or {No}, not '{result.Tokens[0].Value}'.");
            }
            return value;
        },
        HelpName = $"{Yes}|{No}",
    };

    public static bool Read(ParseResult parsed, Option<string> option) => parsed.GetValue(option) == Yes;
}
