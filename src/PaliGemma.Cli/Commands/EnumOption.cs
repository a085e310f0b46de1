using System.CommandLine;
using System.CommandLine.Parsing;

namespace PaliGemma.Cli.Commands;

/// <summary>
/// Options whose values are names of an enumeration, in any case and with or without hyphens; if none is said to be allowed, all are.
/// </summary>
internal static class EnumOption
{
    /// <summary>An option of one name.</summary>
    public static Option<T> One<T>(string option, string description, T fallback, params T[] allowed)
        where T : struct, Enum => new(option)
        {
            Description = description,
            DefaultValueFactory = _ => fallback,
            CustomParser = result => Parse(result, option, allowed).GetValueOrDefault(),
            HelpName = Names(allowed),
        };

    /// <summary>An option of one name that has to be given.</summary>
    public static Option<T> Required<T>(string option, string description, params T[] allowed)
        where T : struct, Enum => new(option)
        {
            Description = description,
            Required = true,
            CustomParser = result => Parse(result, option, allowed).GetValueOrDefault(),
            HelpName = Names(allowed),
        };

    /// <summary>An option of one name; null if it is not given.</summary>
    public static Option<T?> OneOrNone<T>(string option, string description, params T[] allowed)
        where T : struct, Enum => new(option)
        {
            Description = description,
            CustomParser = result => Parse(result, option, allowed),
            HelpName = Names(allowed),
        };

    /// <summary>An option of any number of names, as several values or with commas between them.</summary>
    public static Option<T[]> Many<T>(string option, string description)
        where T : struct, Enum => new(option)
        {
            Description = description,
            AllowMultipleArgumentsPerToken = true,
            CustomParser = result => ParseList<T>(result, option, [.. result.Tokens.SelectMany(token => token.Value.Split(','))]),
            HelpName = Names<T>([]),
        };

    /// <summary>Reads names; adds an error that names the option for what is none.</summary>
    public static T[] ParseList<T>(ArgumentResult result, string option, IEnumerable<string> names)
        where T : struct, Enum
    {
        List<T> values = [];
        foreach (string name in names)
        {
            if (Parse<T>(result, option, [], name) is not T value)
            {
                return [];
            }
            values.Add(value);
        }
        return [.. values];
    }

    /// <summary>The value of a name; null if it is none of them.</summary>
    /// <param name="name">The name, in any case and with or without hyphens.</param>
    /// <param name="allowed">The values; if there are none, all of the type.</param>
    public static T? Find<T>(string name, T[] allowed)
        where T : struct, Enum
    {
        // Enum.TryParse would take numbers and lists of names too.
        string joined = name.Replace("-", "", StringComparison.Ordinal);
        foreach (T known in OrAll(allowed))
        {
            if (known.ToString().Equals(joined, StringComparison.OrdinalIgnoreCase))
            {
                return known;
            }
        }
        return null;
    }

    /// <summary>Names as they are listed in help and errors.</summary>
    /// <param name="allowed">The values; if there are none, all of the type.</param>
    public static string Names<T>(T[] allowed)
        where T : struct, Enum => string.Join('|', OrAll(allowed)).ToLowerInvariant();

    private static T? Parse<T>(ArgumentResult result, string option, T[] allowed)
        where T : struct, Enum => Parse(result, option, allowed, result.Tokens[0].Value);

    private static T? Parse<T>(ArgumentResult result, string option, T[] allowed, string name)
        where T : struct, Enum
    {
        if (Find(name, allowed) is T known)
        {
            return known;
        }
        result.AddError($"{option} is one of {Names(allowed)}, not '{name}'.");
        return null;
    }

    private static T[] OrAll<T>(T[] allowed)
        where T : struct, Enum => allowed.Length > 0 ? allowed : Enum.GetValues<T>();
}
