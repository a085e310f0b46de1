using System.CommandLine;

namespace PaliGemma.Training.Cli.Commands;

/// <summary>Options whose values are names.</summary>
internal static class EnumOption
{
    /// <summary>An option of one name, in any case.</summary>
    public static Option<T> One<T>(string option, string description, T fallback, params T[] allowed)
        where T : struct, Enum => new(option)
        {
            Description = description,
            DefaultValueFactory = _ => fallback,
            CustomParser = result =>
            {
                if (TryParse(result.Tokens[0].Value, allowed, out T value))
                {
                    return value;
                }
                result.AddError($"{option} is one of {Names(allowed)}, not '{result.Tokens[0].Value}'.");
                return fallback;
            },
            HelpName = Names(allowed),
        };

    /// <summary>An option of any number of names.</summary>
    public static Option<T[]> Many<T>(string option, string description)
        where T : struct, Enum => new(option)
        {
            Description = description,
            AllowMultipleArgumentsPerToken = true,
            CustomParser = result =>
            {
                T[] allowed = Enum.GetValues<T>();
                List<T> values = [];
                foreach (string name in result.Tokens.SelectMany(token => token.Value.Split(',')))
                {
                    if (!TryParse(name, allowed, out T value))
                    {
                        result.AddError($"{option} takes {Names(allowed)}, not '{name}'.");
                        return [];
                    }
                    values.Add(value);
                }
                return [.. values];
            },
            HelpName = Names(Enum.GetValues<T>()),
        };

    private static bool TryParse<T>(string name, T[] allowed, out T value)
        where T : struct, Enum
    {
        // Parsing alone would take numbers and lists of names too.
        string joined = name.Replace("-", "", StringComparison.Ordinal);
        int index = Array.FindIndex(allowed, known => known.ToString().Equals(joined, StringComparison.OrdinalIgnoreCase));
        value = index < 0 ? default : allowed[index];
        return index >= 0;
    }

    private static string Names<T>(T[] values)
        where T : struct, Enum => string.Join('|', values).ToLowerInvariant();
}
