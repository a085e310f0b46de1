using System.Diagnostics;
using System.Text;
using PaliGemma.Checkpoints;
using PaliGemma.Imaging;
using PaliGemma.Tests;

namespace PaliGemma.Training.Tests.Cli;

/// <summary>The program in a process of its own, which can be killed.</summary>
public class RunCommandTests
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "paligemma-train.dll");

    [Fact]
    public async Task A_run_killed_at_any_moment_and_resumed_writes_the_model_of_one_that_was_not()
    {
        using ToyRun toy = new();
        using TemporaryFolder folder = new();
        string[] options = WriteData(toy, folder);
        Assert.Equal((0, ""), await RunAsync(["run", .. options, "--output", folder.File("whole")]));

        using (Process killed = Start(["run", .. options, "--output", folder.File("killed")]))
        {
            while (!File.Exists(folder.File("killed/training/state.safetensors")))
            {
                Assert.False(killed.HasExited, "The run ended before it saved a state.");
                await Task.Delay(1, TestContext.Current.CancellationToken);
            }
            killed.Kill();
            await killed.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
        Assert.False(File.Exists(folder.File("killed/config.json")), "The run ended before it was killed.");
        Assert.Equal((0, ""), await RunAsync(["resume", folder.File("killed")]));

        Assert.Equal(Weights(folder.File("whole")), Weights(folder.File("killed")));
        Assert.Equal(Steps(folder.File("whole")), Steps(folder.File("killed")));
        Assert.True(File.Exists(folder.File("killed/training/loss.png")));
    }

    [Fact]
    public async Task What_cannot_run_is_told_in_one_sentence_and_leaves_no_folder()
    {
        using ToyRun toy = new();
        using TemporaryFolder folder = new();
        string[] options = WriteData(toy, folder);
        File.AppendAllText(folder.File("data.jsonl"), "{}");
        (int exitCode, string error) = await RunAsync(["run", .. options, "--output", folder.File("out")]);
        Assert.Equal(1, exitCode);
        Assert.Equal($"paligemma-train: {folder.File("data.jsonl")}, line 5: image is missing; expected a path or a list of paths.", error.Trim());
        Assert.False(Directory.Exists(folder.File("out")));
    }

    private static string[] WriteData(ToyRun toy, TemporaryFolder folder)
    {
        StringBuilder lines = new();
        foreach ((string name, byte[] color) in ToyRun.Colors)
        {
            PngWriter.Save(new RgbImage(1, 1, color), folder.File(name + ".png"));
            lines.Append($$"""{"image": "{{name}}.png", "prefix": "answer en what color?", "suffix": ["{{name}}", "it is {{name}}"]}""").Append('\n');
        }
        File.WriteAllText(folder.File("data.jsonl"), lines.ToString());
        return
        [
            "--model", toy.Folder, "--data", folder.File("data.jsonl"), "--validation", folder.File("data.jsonl"), "--metric", "exactmatch", "--steps", "60",
            "--batch-size", "4", "--learning-rate", "0.01", "--save-every", "7", "--evaluate-every", "20", "--seed", "5", "--dtype", "float32",
        ];
    }

    private static byte[] Weights(string folder) => File.ReadAllBytes(Path.Combine(folder, SafetensorsCheckpoint.SingleName));

    /// <summary>The record without what depends on the clock.</summary>
    private static IEnumerable<string> Steps(string folder) =>
        File.ReadLines(Path.Combine(folder, "training", "metrics.jsonl")).Select(line => line.Split(",\"tokens_per_second\"")[0]);

    private static async Task<(int ExitCode, string Error)> RunAsync(string[] arguments)
    {
        using Process process = Start(arguments);
        string error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, process.ExitCode == 0 ? "" : error);
    }

    private static Process Start(string[] arguments) => Process.Start(new ProcessStartInfo("dotnet", [Program, .. arguments])
    {
        RedirectStandardError = true,
        RedirectStandardOutput = true,
    })!;
}
