using System.CommandLine;

namespace PaliGemma.Cli.Commands;

/// <summary>Whether an option was typed, for options that only some calls can use.</summary>
internal static class OptionUse
{
    /// <summary>Whether the option was typed, rather than left at its default.</summary>
    public static bool IsGiven(this ParseResult parsed, Option option) => parsed.GetResult(option) is { Implicit: false };

    /// <summary>Refuses options that were typed and would be without effect.</summary>
    /// <param name="parsed">What was typed.</param>
    /// <param name="isUsed">Whether they have an effect.</param>
    /// <param name="sentence">What is wrong with one otherwise: goes on from the option's name, without a full stop.</param>
    /// <param name="options">The options.</param>
    /// <exception cref="ArgumentException">They have none.</exception>
    public static void RefuseUnless(this ParseResult parsed, bool isUsed, string sentence, params Option[] options)
    {
        if (!isUsed && Array.Find(options, parsed.IsGiven) is Option idle)
        {
            throw new ArgumentException($"{idle.Name} {sentence}.");
        }
    }
}
