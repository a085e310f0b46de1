using System.Diagnostics;
using System.Text;
using PaliGemma.Checkpoints;
using PaliGemma.Imaging;
using PaliGemma.Tests;
using PaliGemma.Training.Recipes;

namespace PaliGemma.Training.Tests.Cli;

/// <summary>The program in a process of its own, which can be killed.</summary>
public class RunCommandTests
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "paligemma-train.dll");

    [Theory]
    [InlineData("", "in float32 on cpu (")]
    [InlineData("--mixed-precision --workers 2", "in float32, multiplied in bfloat16, on cpu (")]
    public async Task A_run_killed_at_any_moment_and_resumed_writes_the_model_of_one_that_was_not(string special, string told)
    {
        using ToyRun toy = new();
        using TemporaryFolder folder = new();
        string[] options = [.. WriteData(toy, folder), .. special.Split(' ', StringSplitOptions.RemoveEmptyEntries)];
        (int exitCode, string error) = await RunAsync(["run", .. options, "--output", folder.File("whole")]);
        Assert.True(exitCode == 0, error);

        for (int attempt = 1; !await StartAndKillAsync(options, folder.File("killed")); attempt++)
        {
            // On a busy machine, a run may end before this process has the processor again.
            Assert.True(attempt < 20, "All runs ended before they were killed.");
            Directory.Delete(folder.File("killed"), recursive: true);
        }
        (exitCode, error) = await RunAsync(["resume", folder.File("killed")]);
        Assert.True(exitCode == 0, error);
        Assert.Contains(told, error, StringComparison.Ordinal);
        Assert.Equal(special.Length > 0, error.Contains("of memory) by 2 threads: 4 examples", StringComparison.Ordinal));

        Assert.Equal(Weights(folder.File("whole")), Weights(folder.File("killed")));
        Assert.Equal(Steps(folder.File("whole")), Steps(folder.File("killed")));
        Assert.True(File.Exists(folder.File("killed/training/loss.png")));
    }

    [Theory]
    [InlineData("--workers 2 --dropout 0.1", "--workers and dropout exclude each other: what is dropped can be repeated on one thread only.")]
    [InlineData("--workers 2 --recipe chartqa-224", "--workers and dropout exclude each other: what is dropped can be repeated on one thread only.")]
    [InlineData("--workers 0", "--workers is a whole number from 1 to 64, not '0'.")]
    [InlineData("--device cuda", "This build computes on the processor only; for cuda, build with -p:TorchDevice=cuda.")]
    [InlineData("--device gpu", "'gpu' is no device; expected auto, cpu, cuda or cuda:N.")]
    [InlineData("--lora-alpha 8", "--lora-alpha has no effect without --lora.")]
    [InlineData("--epochs 2", "--epochs has no effect beside --steps.")]
    [InlineData("--lora 2 --freeze vision", "--freeze has no effect beside --lora, with which everything but the adapters is frozen.")]
    [InlineData("--micro-batch-size 32", "--micro-batch-size is more than a batch of 4.")]
    [InlineData("--location-spread Infinity", "--location-spread is a number of at least 0, not 'Infinity'.")]
    [InlineData("--data same.jsonl=2", "--data has a weight for some files only; expected one for each, or none.")]
    public async Task What_the_options_exclude_is_told_before_anything_is_written(string special, string sentence)
    {
        using ToyRun toy = new();
        using TemporaryFolder folder = new();
        (int exitCode, string error) = await RunAsync(["run", .. WriteData(toy, folder), .. special.Split(' '), "--output", folder.File("out")]);
        Assert.Equal((1, $"paligemma-train: {sentence}"), (exitCode, error.Trim()));
        Assert.False(Directory.Exists(folder.File("out")));
    }

    [Fact]
    public async Task A_recipe_gives_what_no_option_does()
    {
        using ToyRun toy = new();
        using TemporaryFolder folder = new();
        string[] options = WriteData(toy, folder);
        string[] few = ["--model", toy.Folder, "--data", folder.File("data.jsonl"), "--recipe", "chartqa-224", "--steps", "1", "--batch-size", "1"];
        (int exitCode, string error) = await RunAsync(["run", .. few, "--output", folder.File("out")]);
        Assert.True(exitCode == 0, error);
        Assert.True(Recipe.TryGet("chartqa-224", out Recipe recipe));
        Assert.Equal(28, Configuration.PaliGemmaConfig.Load(toy.Folder).Vision.ImageSize);
        Assert.Equal(224, Configuration.PaliGemmaConfig.Load(folder.File("out")).Vision.ImageSize);
        string metrics = File.ReadAllText(folder.File("out/training/metrics.jsonl"));
        Assert.Contains(FormattableString.Invariant($"\"learning_rate\":{recipe.LearningRate}"), metrics, StringComparison.Ordinal);
        (exitCode, error) = await RunAsync(["run", .. few, "--evaluate-every", "1", "--output", folder.File("other")]);
        Assert.Equal((1, "paligemma-train: --evaluate-every has no effect without --validation or --validation-split."), (exitCode, error.Trim()));
    }

    [Fact]
    public async Task Adapters_of_a_run_merged_into_its_base_are_the_model_of_the_run()
    {
        using ToyRun toy = new();
        using TemporaryFolder folder = new();
        WriteData(toy, folder);
        File.Copy(folder.File("data.jsonl"), folder.File("more.jsonl"));
        string[] options =
        [
            "--model", toy.Folder, "--data", $"{folder.File("data.jsonl")}=3", "--data", $"{folder.File("more.jsonl")}=1", "--validation-split", "0.25", "--lora", "4",
            "--lora-targets", "q_proj,v_proj", "--loss-average", "token", "--flip", "0.5", "--crop", "0.9", "--color", "0.1", "--steps", "4",
            "--batch-size", "2", "--learning-rate", "0.01", "--dtype", "float32",
        ];
        (int exitCode, string error) = await RunAsync(["run", .. options, "--output", folder.File("run")]);
        Assert.True(exitCode == 0, error);
        Assert.Contains("6 examples, 4 steps of 2.", error, StringComparison.Ordinal);
        Assert.Contains("\"validation_loss\"", File.ReadAllText(folder.File("run/training/metrics.jsonl")), StringComparison.Ordinal);

        string[] merge = ["merge", "--model", toy.Folder, "--adapter", folder.File("run/adapter"), "--dtype", "float32", "--output", folder.File("merged")];
        (exitCode, error) = await RunAsync(merge);
        Assert.True(exitCode == 0, error);
        Assert.Equal(Weights(folder.File("run")), Weights(folder.File("merged")));
        Assert.NotEqual(Weights(toy.Folder), Weights(folder.File("merged")));
    }

    [Fact]
    public async Task Frozen_parts_and_a_raised_resolution_are_in_the_new_model()
    {
        using ToyRun toy = new();
        using TemporaryFolder folder = new();
        WriteData(toy, folder);
        string[] options =
        [
            "--model", toy.Folder, "--data", folder.File("data.jsonl"), "--freeze", "vision,decoder,embedding", "--image-size", "56", "--steps", "2",
            "--batch-size", "2", "--learning-rate", "0.01", "--dtype", "float32",
        ];
        (int exitCode, string error) = await RunAsync(["run", .. options, "--output", folder.File("out")]);
        Assert.True(exitCode == 0, error);
        using SafetensorsCheckpoint before = SafetensorsCheckpoint.Open(toy.Folder), after = SafetensorsCheckpoint.Open(folder.File("out"));
        string[] changed = [.. before.Names.Where(name => !Bytes(before, name).SequenceEqual(Bytes(after, name)))];
        Assert.Equal(
            ["multi_modal_projector.linear.bias", "multi_modal_projector.linear.weight", "vision_tower.vision_model.embeddings.position_embedding.weight"],
            changed.Order(StringComparer.Ordinal));

        static ReadOnlySpan<byte> Bytes(SafetensorsCheckpoint checkpoint, string name)
        {
            Assert.True(checkpoint.TryGet(name, out StoredTensor tensor));
            return tensor.Data.Span<byte>(0, (int)tensor.Data.Length);
        }
    }

    [Fact]
    public async Task What_is_learnt_of_an_example_is_shown()
    {
        using ToyRun toy = new();
        using TemporaryFolder folder = new();
        WriteData(toy, folder);
        using Process process = Start(["inspect", folder.File("data.jsonl"), "--model", toy.Folder, "--count", "2", "--pictures", folder.File("seen")]);
        string shown = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.Contains("data.jsonl: 4 examples", shown, StringComparison.Ordinal);
        Assert.Contains("example 1: pictures 1 x 1", shown, StringComparison.Ordinal);
        Assert.Contains("prefix  \"answer en what color?\"", shown, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^\s+\d+ .* \d+ ""<eos>""", shown);
        Assert.Equal(2, Directory.EnumerateFiles(folder.File("seen")).Count());
    }

    [Fact]
    public async Task A_run_that_ended_in_its_last_evaluation_goes_on_with_it()
    {
        using ToyRun toy = new();
        using TemporaryFolder folder = new();
        (int exitCode, string error) = await RunAsync(["run", .. WriteData(toy, folder), "--output", folder.File("run")]);
        Assert.True(exitCode == 0, error);
        string metrics = folder.File("run/training/metrics.jsonl");
        string[] lines = File.ReadAllLines(metrics);
        Assert.Contains("\"validation_loss\"", lines[^1], StringComparison.Ordinal);
        Assert.Contains("\"exact_match\"", lines[^1], StringComparison.Ordinal);
        Assert.NotEmpty(Directory.EnumerateFiles(folder.File("run/training"), "*tfevents*", SearchOption.AllDirectories));

        File.WriteAllLines(metrics, lines[..^1]);
        File.Delete(folder.File("run/config.json"));
        (exitCode, error) = await RunAsync(["resume", folder.File("run")]);
        Assert.True(exitCode == 0, error);
        Assert.Equal(lines, File.ReadAllLines(metrics));
        Assert.True(File.Exists(folder.File("run/config.json")));
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

    /// <summary>Starts a run and kills it when it has saved a state; false if it came to its end before.</summary>
    private static async Task<bool> StartAndKillAsync(string[] options, string folder)
    {
        using Process killed = Start(["run", .. options, "--output", folder]);
        bool ended = false;
        while (!File.Exists(Path.Combine(folder, "training", "state.safetensors")))
        {
            Assert.False(ended, "The run ended without saving a state.");
            // Asked before the file is looked for again: it may be written and the run end in between.
            ended = killed.HasExited;
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }
        killed.Kill();
        await killed.WaitForExitAsync(TestContext.Current.CancellationToken);
        return !File.Exists(Path.Combine(folder, "config.json"));
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
        return (process.ExitCode, error);
    }

    private static Process Start(string[] arguments) => Process.Start(new ProcessStartInfo("dotnet", [Program, .. arguments])
    {
        RedirectStandardError = true,
        RedirectStandardOutput = true,
    })!;
}
