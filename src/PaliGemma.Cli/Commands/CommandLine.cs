using System.CommandLine;
using PaliGemma.Checkpoints;

namespace PaliGemma.Cli.Commands;

/// <summary>Runs the command that the arguments name, and turns whatever goes wrong into one sentence and exit code 1.</summary>
internal static class CommandLine
{
    /// <summary>The exit code of a program ended by Ctrl+C, as shells expect it.</summary>
    private const int Interrupted = 130;

    public static async Task<int> RunAsync(RootCommand root, string[] arguments)
    {
        ParseResult parsed = root.Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            // What is not understood at all explains the other errors: a misspelled command also counts as a missing one.
            return Fail(parsed.UnmatchedTokens is [string first, ..]
                ? $"'{first}' is no command, option or value here; --help lists what there is."
                : parsed.Errors[0].Message);
        }
        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return Interrupted;
        }
        catch (Exception error) when (error is ModelFileException or HubException or ArgumentException or IOException
            or UnauthorizedAccessException or HttpRequestException or NotSupportedException)
        {
            return Fail(Sentence(error));
        }
        catch (OutOfMemoryException)
        {
            return Fail("There is not enough memory for this model at this precision; 'paligemma inspect' shows what each needs.");
        }
    }

    /// <summary>The message without the parameter's name, which says nothing to somebody at a terminal.</summary>
    private static string Sentence(Exception error) => error is ArgumentException { ParamName: string name }
        ? error.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal)
        : error.Message;

    private static int Fail(string sentence)
    {
        Console.Error.WriteLine("paligemma: " + sentence.ReplaceLineEndings(" "));
        return 1;
    }
}
