using System.Text.Json;
using PaliGemma.Cli.Commands;
using PaliGemma.Tests;

namespace PaliGemma.Cli.Tests.Commands;

/// <summary>Benchmarks on a model of the goldens, whose answers are taken from it first: the score is then known in advance.</summary>
public sealed class EvalCommandTests : IDisposable
{
    private static readonly string Model = Goldens.Path("models", "E");
    private static readonly string[] Pictures = ["01_rgb_320x240.png", "08_exact_224x224.png", "05_tiny_5x3.png", "02_gray_200x300.png"];

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task A_model_that_answers_as_a_table_says_scores_as_the_table_says()
    {
        string data = await WriteDataAsync(wrong: 1);
        JsonElement result = Assert.Single(await ScoreAsync(data, "--task", "generic"));
        Assert.Equal((75.0, 4), (result.GetProperty("score").GetDouble(), result.GetProperty("examples").GetInt32()));
        Assert.Equal([100, 50], result.GetProperty("details").EnumerateObject().Select(one => one.Value.GetDouble()));
        string[] lines = await File.ReadAllLinesAsync(_folder.File("predictions/generic-auto.jsonl"));
        Assert.Equal(5, lines.Length);
        Assert.All(lines.Skip(1), line => Assert.InRange(JsonDocument.Parse(line).RootElement.GetProperty("score").GetDouble(), 0, 1));
    }

    [Fact]
    public async Task A_killed_run_goes_on_to_the_same_page()
    {
        string data = await WriteDataAsync(wrong: 2);
        string page = _folder.File("report.html");
        await ScoreAsync(data, "--task", "generic", "--report", page);
        string whole = await File.ReadAllTextAsync(page);
        string predictions = _folder.File("predictions/generic-auto.jsonl");
        string[] lines = await File.ReadAllLinesAsync(predictions);
        await File.WriteAllTextAsync(predictions, string.Join('\n', lines[..3]) + "\n" + lines[3][..9]);
        await ScoreAsync(data, "--task", "generic", "--report", page);
        Assert.Equal(lines, await File.ReadAllLinesAsync(predictions));
        Assert.Equal(whole, await File.ReadAllTextAsync(page));
        Assert.Contains("<h3>Worst</h3>", whole, StringComparison.Ordinal);
        Assert.Equal(4, whole.Split("data:image/png;base64,").Length - 1);
        Assert.DoesNotContain("src=\"http", whole, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answers_about_other_data_are_not_taken_for_these()
    {
        string data = await WriteDataAsync(wrong: 1);
        await ScoreAsync(data, "--task", "generic", "--limit", "1");
        string moved = _folder.File("moved");
        Directory.Move(data, moved);
        (int exitCode, _, string error) = await RunAsync("--task", "generic", "--data", Path.Combine(moved, "generic"), "--limit", "1");
        Assert.Equal(1, exitCode);
        Assert.Contains("answers of another run", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answers_of_weights_that_have_changed_since_are_not_taken_for_theirs()
    {
        string data = await WriteDataAsync(wrong: 1);
        string model = _folder.File("model");
        Directory.CreateDirectory(model);
        foreach (string file in Directory.EnumerateFiles(Model))
        {
            File.Copy(file, Path.Combine(model, Path.GetFileName(file)));
        }
        string[] command =
        [
            "--task", "generic", "--data", Path.Combine(data, "generic"), "--limit", "1", "--model", model,
            "--predictions", _folder.File("changed"),
        ];
        Assert.Equal(0, (await CommandRun.OfAsync(EvalCommand.Create(), command)).ExitCode);
        using (FileStream weights = new(Directory.EnumerateFiles(model, "*.safetensors").Order().Last(), FileMode.Open))
        {
            weights.Seek(-1, SeekOrigin.End);
            weights.WriteByte(1);
        }
        (int exitCode, _, string error) = await CommandRun.OfAsync(EvalCommand.Create(), command);
        Assert.Equal(1, exitCode);
        Assert.Contains("answers of another run", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_that_cannot_be_written_is_refused_before_the_model_is_asked_anything()
    {
        string data = await WriteDataAsync(wrong: 1);
        (int exitCode, string output, string error) = await RunAsync(
            "--task", "generic", "--data", Path.Combine(data, "generic"), "--report", _folder.File("nowhere/report.html"));
        Assert.Equal((1, ""), (exitCode, output));
        Assert.Contains("report.html cannot be written", error, StringComparison.Ordinal);
        (exitCode, output, error) = await RunAsync(
            "--task", "generic", "--data", Path.Combine(data, "generic"), "--report", _folder.FullName);
        Assert.Equal((1, ""), (exitCode, output));
        Assert.Contains("is a folder; expected the name of a file to write", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.File("predictions")));
    }

    [Fact]
    public async Task Precisions_are_compared_with_float32()
    {
        string data = await WriteDataAsync(wrong: 1);
        JsonElement[] results = await ScoreAsync(data, "--task", "generic", "--dtype", "float32,int8", "--limit", "2");
        Assert.Equal(["float32", "int8"], results.Select(one => one.GetProperty("dtype").GetString()));
        Assert.Equal(JsonValueKind.Null, results[0].GetProperty("loss").ValueKind);
        Assert.Equal(
            results[0].GetProperty("score").GetDouble() - results[1].GetProperty("score").GetDouble(),
            results[1].GetProperty("loss").GetDouble());
    }

    [Fact]
    public async Task A_precision_that_fails_does_not_lose_what_the_others_gave()
    {
        string data = await WriteDataAsync(wrong: 1);
        Directory.CreateDirectory(_folder.File("predictions"));
        File.WriteAllText(_folder.File("predictions/generic-int8.jsonl"), "{\"run\":\"another\"}\n");
        string[] command = ["--task", "generic", "--data", Path.Combine(data, "generic"), "--limit", "1", "--json", "--dtype"];
        (int exitCode, string output, string error) = await RunAsync([.. command, "int8,float32"]);
        Assert.Equal(0, exitCode);
        Assert.Equal("float32", JsonDocument.Parse(output).RootElement.GetProperty("dtype").GetString());
        Assert.StartsWith("paligemma: generic with int8 is left out: ", error, StringComparison.Ordinal);
        (exitCode, output, error) = await RunAsync([.. command, "int8"]);
        Assert.Equal((1, ""), (exitCode, output));
        Assert.Contains("answers of another run", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_small_models_card_is_a_benchmark_of_scenes_that_are_written_first()
    {
        string data = _folder.File("scenes");
        (int exitCode, string output, string error) = await CommandRun.OfAsync(
            CreateScenesCommand.Create(), "--output", data, "--count", "2", "--seed", "5");
        Assert.Equal((0, $"{data}: 2 scenes.", ""), (exitCode, output.Trim(), error));
        string page = _folder.File("scenes.html");
        string decoder = Goldens.Path("expected", "mask-vae", "vae-random.npz");
        (exitCode, output, error) = await RunAsync(
            "--task", "shapes", "--data", data, "--mask-decoder", decoder, "--limit", "5", "--json", "--report", page);
        Assert.Equal((0, ""), (exitCode, error));
        JsonElement result = JsonDocument.Parse(output).RootElement;
        Assert.Equal(("shapes", 5), (result.GetProperty("task").GetString(), result.GetProperty("examples").GetInt32()));
        // A model of random weights is right nowhere.
        Assert.Equal(0, result.GetProperty("details").GetProperty("captions, exact").GetDouble());
        Assert.True(result.GetProperty("details").TryGetProperty("segmentation, mean IoU", out _)
            || result.GetProperty("details").TryGetProperty("detection, mean IoU", out _));
        Assert.Contains("data:image/png;base64,", await File.ReadAllTextAsync(page), StringComparison.Ordinal);
        string kept = await File.ReadAllTextAsync(_folder.File("predictions/shapes-auto.jsonl"));
        (_, string again, _) = await RunAsync(
            "--task", "shapes", "--data", data, "--mask-decoder", decoder, "--limit", "5", "--json");
        Assert.Equal(output, again);
        Assert.Equal(kept, await File.ReadAllTextAsync(_folder.File("predictions/shapes-auto.jsonl")));
    }

    [Fact]
    public async Task The_models_own_decoder_of_masks_is_taken_before_a_pulled_one()
    {
        string data = _folder.File("scenes");
        await CommandRun.OfAsync(CreateScenesCommand.Create(), "--output", data, "--count", "1");
        string model = _folder.File("model");
        Directory.CreateDirectory(model);
        foreach (string file in Directory.EnumerateFiles(Model))
        {
            File.Copy(file, Path.Combine(model, Path.GetFileName(file)));
        }
        string[] command =
            ["--task", "shapes", "--data", data, "--limit", "1", "--model", model, "--predictions", _folder.File("own"), "--json"];
        (int exitCode, _, string error) = await CommandRun.OfAsync(EvalCommand.Create(), command);
        Assert.Equal(1, exitCode);
        Assert.Contains("mask-decoder", error, StringComparison.Ordinal);
        File.Copy(Goldens.Path("expected", "mask-vae", "vae-random.npz"), Path.Combine(model, "vae-oid.npz"));
        (exitCode, _, error) = await CommandRun.OfAsync(EvalCommand.Create(), command);
        Assert.Equal((0, ""), (exitCode, error));
    }

    [Fact]
    public async Task The_card_has_a_row_for_each_benchmark_with_data()
    {
        string data = await WriteDataAsync(wrong: 0);
        Directory.CreateDirectory(Path.Combine(data, "vqav2"));
        (int exitCode, string output, string error) = await RunAsync("card", "--data", data);
        Assert.Equal((0, ""), (exitCode, error.Contains("vqav2 is left out", StringComparison.Ordinal) ? "" : error));
        string row = Assert.Single(output.Split('\n'), line => line.Contains("Lines of JSON", StringComparison.Ordinal));
        Assert.Contains("100.00", row, StringComparison.Ordinal);
        Assert.DoesNotContain("VQAv2", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nothing", "There is no benchmark 'nothing'")]
    [InlineData("vqav2", "v2_mscoco_val2014_annotations.json")]
    public async Task What_is_missing_is_said_in_a_sentence(string task, string said)
    {
        (int exitCode, string output, string error) = await RunAsync("--task", task, "--data", _folder.FullName);
        Assert.Equal((1, ""), (exitCode, output));
        Assert.Contains(said, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task Without_a_mask_decoder_it_is_said_how_to_get_it()
    {
        // In an environment of its own: others may have one.
        Dictionary<string, string> environment = new() { ["HF_ASSETS_CACHE"] = _folder.FullName };
        (int exitCode, string output, string error) = await Paligemma.RunAsync(
            environment, "eval", "--task", "refcoco-val", "--data", _folder.FullName, "--model", Model, "--predictions", _folder.File("predictions"));
        Assert.Equal((1, ""), (exitCode, output));
        Assert.Contains("mask-decoder", error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Asks the model about each picture, and writes its answers down as the right ones, but for the last ones.</summary>
    private async Task<string> WriteDataAsync(int wrong)
    {
        string data = _folder.File("data/generic");
        Directory.CreateDirectory(data);
        List<string> lines = [];
        foreach (string picture in Pictures)
        {
            string file = Goldens.Path("images", picture);
            File.Copy(file, Path.Combine(data, picture), overwrite: true);
            (_, string output, _) = await CommandRun.OfAsync(
                GenerateCommand.Create(), "--model", Model, "--image", file, "--prompt", "answer en?", "--max-new-tokens", "32", "--json");
            string answer = JsonDocument.Parse(output).RootElement.GetProperty("text").GetString()!;
            string right = lines.Count < Pictures.Length - wrong ? answer : answer + "?";
            string subset = lines.Count < 2 ? "a" : "b";
            lines.Add($$"""{"image": "{{picture}}", "prefix": "answer en?", "suffix": {{JsonEncoded(right)}}, "subset": "{{subset}}"}""");
        }
        await File.WriteAllLinesAsync(Path.Combine(data, "test.jsonl"), lines);
        return _folder.File("data");
    }

    private static string JsonEncoded(string text) => $"\"{JsonEncodedText.Encode(text)}\"";

    private async Task<JsonElement[]> ScoreAsync(string data, params string[] arguments)
    {
        (int exitCode, string output, string error) = await RunAsync([.. arguments, "--data", Path.Combine(data, "generic"), "--json"]);
        Assert.Equal((0, ""), (exitCode, error));
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
    }

    private Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments) =>
        CommandRun.OfAsync(EvalCommand.Create(), [.. arguments, "--model", Model, "--predictions", _folder.File("predictions")]);
}
