using System.CommandLine;

namespace PaliGemma.Cli.Commands;

/// <summary>Whether an option was typed, for options that only some calls can use.</summary>
internal static class OptionUse
{
    /// <summary>Whether the option was typed, rather than left at its default.</summary>
    public static bool IsGiven(this ParseResult parsed, Option option) => parsed.GetResult(option) is { Implicit: false };

    /// <summary>Refuses an option that was typed and would be without effect.</summary>
    /// <param name="parsed">What was typed.</param>
    /// <param name="option">The option.</param>
    /// <param name="isUsed">Whether it has an effect.</param>
    /// <param name="sentence">What is wrong with it otherwise: goes on from the option's name, without a full stop.</param>
    /// <exception cref="ArgumentException">It has none.</exception>
    public static void RefuseUnless(this ParseResult parsed, Option option, bool isUsed, string sentence)
    {
        if (!isUsed && parsed.IsGiven(option))
        {
            throw new ArgumentException($"{option.Name} {sentence}.");
        }
    }
}
