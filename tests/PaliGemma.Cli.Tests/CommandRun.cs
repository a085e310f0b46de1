using System.CommandLine;
using PaliGemma.Cli.Commands;

namespace PaliGemma.Cli.Tests;

/// <summary>Runs a command as the program does and takes what it prints; one at a time, because there is one console.</summary>
internal static class CommandRun
{
    private static readonly SemaphoreSlim Console = new(1);

    public static async Task<(int ExitCode, string Output, string Error)> OfAsync(Command command, params string[] arguments)
    {
        await Console.WaitAsync();
        TextWriter output = System.Console.Out;
        TextWriter error = System.Console.Error;
        using StringWriter newOutput = new();
        using StringWriter newError = new();
        try
        {
            System.Console.SetOut(newOutput);
            System.Console.SetError(newError);
            int exitCode = await CommandLine.RunAsync(new RootCommand { command }, [command.Name, .. arguments]);
            return (exitCode, newOutput.ToString(), newError.ToString());
        }
        finally
        {
            System.Console.SetOut(output);
            System.Console.SetError(error);
            Console.Release();
        }
    }
}
