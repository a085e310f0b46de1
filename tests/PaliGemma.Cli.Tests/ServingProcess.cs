using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace PaliGemma.Cli.Tests;

/// <summary><c>paligemma serve</c> as a user starts it, on a free port of this machine.</summary>
internal sealed partial class ServingProcess : IAsyncDisposable
{
    /// <summary>How long a test waits for anything: the machine may be busy with much else.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = [];
    private readonly TaskCompletionSource<Uri> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServingProcess(IEnumerable<string> arguments)
    {
        _process = new Process
        {
            StartInfo = new ProcessStartInfo(
                "dotnet", [Path.Combine(AppContext.BaseDirectory, "paligemma.dll"), "serve", "--port", "0", .. arguments])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        _process.OutputDataReceived += (_, line) => Take(line.Data);
        _process.ErrorDataReceived += (_, line) => Take(line.Data);
    }

    /// <summary>Where it listens.</summary>
    public Uri Address => _address.Task.Result;

    /// <summary>What it has printed, the log among it.</summary>
    public string Output => string.Join('\n', _lines);

    public static async Task<ServingProcess> StartAsync(params IEnumerable<string> arguments)
    {
        ServingProcess serving = new(arguments);
        serving._process.Start();
        serving._process.BeginOutputReadLine();
        serving._process.BeginErrorReadLine();
        using CancellationTokenSource limit = new(Patience);
        Task exit = serving._process.WaitForExitAsync(limit.Token);
        if (await Task.WhenAny(serving._address.Task, exit) != serving._address.Task)
        {
            string output = serving.Output;
            await serving.DisposeAsync();
            Assert.Fail("The server did not start: " + output);
        }
        return serving;
    }

    /// <summary>Asks this process alone to end, as a supervisor does.</summary>
    public async Task TerminateAsync()
    {
        // The shell has a command of its own, which systems without further programs lack.
        using Process kill = Process.Start("sh", ["-c", "kill -TERM \"$1\"", "sh", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }

    /// <summary>Waits until it has ended.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> WaitForExitAsync()
    {
        using CancellationTokenSource limit = new(Patience);
        await _process.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }
        _process.Dispose();
    }

    private void Take(string? line)
    {
        if (line is null)
        {
            return;
        }
        _lines.Enqueue(line);
        if (Listening().Match(line) is { Success: true } match)
        {
            _address.TrySetResult(new Uri(match.Groups[1].Value));
        }
    }

    [GeneratedRegex("^paligemma: Serving .* on (http://[^ ,]+)$")]
    private static partial Regex Listening();
}
