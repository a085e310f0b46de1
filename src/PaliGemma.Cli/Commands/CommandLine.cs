using System.CommandLine;
using System.CommandLine.Parsing;
using PaliGemma.Checkpoints;

namespace PaliGemma.Cli.Commands;

/// <summary>Runs the command that the arguments name, and turns whatever goes wrong into one sentence and exit code 1.</summary>
internal static class CommandLine
{
    /// <summary>The exit code of a program ended by Ctrl+C, as shells expect it.</summary>
    private const int Interrupted = 130;

    /// <param name="root">The commands.</param>
    /// <param name="arguments">What the user typed.</param>
    /// <param name="program">The program's name, which begins what it says of a failure.</param>
    /// <param name="grace">How long a command that was interrupted may take to end.</param>
    /// <param name="explain">What a failure means that is known to this program alone; null for any other.</param>
    public static async Task<int> RunAsync(
        RootCommand root, string[] arguments, string program = "paligemma", TimeSpan? grace = null, Func<Exception, string?>? explain = null)
    {
        ParseResult parsed = root.Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            return Fail(program, Sentence(parsed));
        }
        // What an option takes is hardly meant to be empty, but a variable of a script may be; an argument may be a text that is meant so.
        if (parsed.CommandResult.Children.OfType<OptionResult>().FirstOrDefault(option => option.Tokens.Any(token => token.Value.Length == 0))
            is OptionResult empty)
        {
            return Fail(program, $"{empty.Option.Name} is given an empty value; --help says what it takes.");
        }
        try
        {
            InvocationConfiguration configuration = new() { EnableDefaultExceptionHandler = false };
            configuration.ProcessTerminationTimeout = grace ?? configuration.ProcessTerminationTimeout;
            return await parsed.InvokeAsync(configuration).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return Interrupted;
        }
        catch (Exception error) when (error is ModelFileException or HubException or ArgumentException or IOException
            or UnauthorizedAccessException or HttpRequestException or NotSupportedException)
        {
            return Fail(program, Sentence(error));
        }
        catch (Exception error) when (explain?.Invoke(error) is string sentence)
        {
            return Fail(program, sentence);
        }
        catch (OutOfMemoryException)
        {
            return Fail(program, "There is not enough memory for this model at this precision; 'paligemma inspect' shows what each needs.");
        }
    }

    /// <summary>What is wrong with what was typed.</summary>
    private static string Sentence(ParseResult parsed)
    {
        // What is not understood at all explains the other errors: a misspelled command also counts as a missing one.
        if (parsed.UnmatchedTokens is [string first, ..])
        {
            return $"'{first}' is no command, option or value here; --help lists what there is.";
        }
        ParseError error = parsed.Errors[0];
        return error.SymbolResult is ArgumentResult { Tokens.Count: 0, Parent: CommandResult command, Argument: Argument missing }
            ? $"{missing.HelpName ?? missing.Name} is missing; '{command.Command.Name} --help' says what it is."
            : error.Message;
    }

    /// <summary>The message without the parameter's name, which says nothing to somebody at a terminal.</summary>
    private static string Sentence(Exception error) => error is ArgumentException { ParamName: string name }
        ? error.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal)
        : error.Message;

    private static int Fail(string program, string sentence)
    {
        Console.Error.WriteLine($"{program}: " + sentence.ReplaceLineEndings(" "));
        return 1;
    }
}
