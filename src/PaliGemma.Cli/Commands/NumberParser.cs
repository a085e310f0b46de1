using System.CommandLine.Parsing;
using System.Globalization;

namespace PaliGemma.Cli.Commands;

/// <summary>Reads the number that an option is given, and says in one sentence what it expected instead of anything else.</summary>
internal static class NumberParser
{
    /// <summary>Creates the parser of an option.</summary>
    /// <param name="allowed">Whether a number is in the option's range.</param>
    /// <param name="expected">The range in words, for instance <c>a whole number of at least 1</c>.</param>
    public static Func<ArgumentResult, T> Create<T>(Predicate<T> allowed, string expected)
        where T : struct, IParsable<T> => result =>
        {
            string text = result.Tokens[0].Value;
            // A comma would be passed over as one between thousands, and 0,5 be 5.
            if (!text.Contains(',', StringComparison.Ordinal) && T.TryParse(text, CultureInfo.InvariantCulture, out T value) && allowed(value))
            {
                return value;
            }
            string name = result.Parent is OptionResult option ? option.Option.Name : result.Argument.Name;
            result.AddError($"{name} is {expected}, not '{text}'.");
            return default;
        };
}
