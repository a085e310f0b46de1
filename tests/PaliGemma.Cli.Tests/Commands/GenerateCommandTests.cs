using System.Text.Json;
using PaliGemma.Cli.Commands;
using PaliGemma.Generation;
using PaliGemma.Tests;

namespace PaliGemma.Cli.Tests.Commands;

public class GenerateCommandTests
{
    private static readonly string Model = Goldens.Path("models", "E");
    private static readonly string Picture = Goldens.Path("images", "01_rgb_320x240.png");
    private static readonly string Other = Goldens.Path("images", "08_exact_224x224.png");

    /// <summary>Cases of the goldens whose pictures every decoder decodes alike.</summary>
    public static TheoryData<int> LosslessCases => [0, 2];

    [Theory]
    [MemberData(nameof(LosslessCases))]
    public async Task The_answer_is_the_references(int index)
    {
        using JsonDocument cases = JsonDocument.Parse(File.ReadAllBytes(Goldens.Path("expected", "E", "e2e.json")));
        JsonElement test = cases.RootElement.GetProperty("cases")[index];
        int[] expected = [.. test.GetProperty("new_ids").EnumerateArray().Select(id => id.GetInt32())];
        string[] arguments =
        [
            "--image", Goldens.Path("images", test.GetProperty("image").GetString()!),
            "--prompt", test.GetProperty("prompt").GetString()!,
            "--max-new-tokens", $"{expected.Length}",
        ];

        (int exitCode, string output, string error) = await RunAsync(arguments);
        Assert.Equal(0, exitCode);
        Assert.EndsWith(
            $": The answer was cut at {expected.Length} tokens; a larger --max-new-tokens gives room for more.",
            Assert.Single(Lines(error)),
            StringComparison.Ordinal);
        Assert.Equal(test.GetProperty("text").GetString() + Environment.NewLine, output);

        JsonElement answer = Assert.Single(await AnswersAsync(arguments));
        Assert.Equal(test.GetProperty("text").GetString(), answer.GetProperty("text").GetString());
        Assert.Equal(expected, answer.GetProperty("tokens").EnumerateArray().Select(id => id.GetInt32()));
    }

    [Fact]
    public async Task Json_has_text_tokens_log_probabilities_reason_and_timings()
    {
        JsonElement answer = Assert.Single(await AnswersAsync("--image", Picture, "--prompt", "caption en", "--max-new-tokens", "6"));
        Assert.Equal((Picture, "caption en"), (answer.GetProperty("image").GetString(), answer.GetProperty("prompt").GetString()));
        Assert.Equal(JsonValueKind.String, answer.GetProperty("text").ValueKind);
        Assert.Equal(6, answer.GetProperty("tokens").GetArrayLength());
        Assert.Equal(6, answer.GetProperty("logprobs").GetArrayLength());
        Assert.All(answer.GetProperty("logprobs").EnumerateArray(), value => Assert.InRange(value.GetDouble(), -20, 0));
        Assert.Equal("length", answer.GetProperty("finish_reason").GetString());
        JsonElement timings = answer.GetProperty("timings");
        Assert.Equal(
            ["load_ms", "image_ms", "prefill_ms", "decode_ms", "decode_tokens_per_second"],
            timings.EnumerateObject().Select(timing => timing.Name));
        Assert.All(timings.EnumerateObject(), timing => Assert.True(timing.Value.GetDouble() > 0, timing.Name));
    }

    [Fact]
    public async Task An_answer_that_the_model_ends_says_stop()
    {
        // The third token of the golden answer becomes the end token.
        using TemporaryFolder folder = new();
        foreach (string file in Directory.EnumerateFiles(Model))
        {
            File.Copy(file, folder.File(Path.GetFileName(file)));
        }
        string config = await File.ReadAllTextAsync(folder.File("config.json"));
        await File.WriteAllTextAsync(
            folder.File("config.json"), config.Replace("\"eos_token_id\": 1,", "\"eos_token_id\": 863,", StringComparison.Ordinal));

        JsonElement answer = Assert.Single(await AnswersAsync("--model", folder.FullName, "--image", Picture, "--prompt", "caption en"));
        Assert.Equal("stop", answer.GetProperty("finish_reason").GetString());
        Assert.Equal([2030, 1140, 863], answer.GetProperty("tokens").EnumerateArray().Select(id => id.GetInt32()));
    }

    [Fact]
    public async Task A_prompt_in_a_language_that_the_model_does_not_know_is_answered_and_noted()
    {
        string[] arguments = ["--image", Picture, "--prompt", "caption xx", "--prompt", "describe this", "--max-new-tokens", "1", "--json"];
        (int exitCode, string output, string error) = await RunAsync(arguments);
        Assert.Equal((0, 2), (exitCode, Lines(output).Length));
        Assert.StartsWith(
            "paligemma: 'caption xx': PaliGemma was not trained to answer in 'xx'; it knows ar, ",
            Assert.Single(Lines(error)),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Segmented_objects_have_masks_where_there_is_a_decoder()
    {
        string[] arguments = ["--image", Picture, "--prompt", "segment cat", "--constrain", "true", "--temperature", "1", "--seed", "3"];
        string[] decoder = ["--mask-decoder", Goldens.Path("expected", "mask-vae", "vae-random.npz")];
        JsonElement without = Assert.Single(await AnswersAsync(arguments));
        JsonElement with = Assert.Single(await AnswersAsync([.. arguments, .. decoder]));
        Assert.NotEmpty(with.GetProperty("objects").EnumerateArray());
        Assert.All(without.GetProperty("objects").EnumerateArray(), found => Assert.False(found.TryGetProperty("mask", out _)));
        Assert.All(
            with.GetProperty("objects").EnumerateArray(),
            found => Assert.Equal([240, 320], found.GetProperty("mask").GetProperty("size").EnumerateArray().Select(side => side.GetInt32())));
        AssertRefused("missing.npz", await RunAsync([.. arguments, "--mask-decoder", "missing.npz"]));
    }

    [Fact]
    public async Task Pictures_and_folders_are_answered_in_order_one_line_each()
    {
        JsonElement[] answers =
            await AnswersAsync("--image", Other, Picture, Goldens.Path("images"), "--prompt", "ocr", "--max-new-tokens", "1");
        string[] folder = [.. Directory.EnumerateFiles(Goldens.Path("images")).Order(StringComparer.Ordinal)];
        Assert.Equal([Other, Picture, .. folder], answers.Select(answer => answer.GetProperty("image").GetString()));
    }

    [Fact]
    public async Task Several_prompts_are_answered_for_each_picture_in_order()
    {
        string[] arguments = ["--image", Picture, Other, "--prompt", "caption en", "-p", "ocr", "--max-new-tokens", "2"];
        JsonElement[] answers = await AnswersAsync(arguments);
        Assert.Equal(
            [(Picture, "caption en"), (Picture, "ocr"), (Other, "caption en"), (Other, "ocr")],
            answers.Select(answer => (answer.GetProperty("image").GetString()!, answer.GetProperty("prompt").GetString()!)));

        (_, string output, _) = await RunAsync(arguments);
        string[] texts = [.. answers.Select(answer => answer.GetProperty("text").GetString()!)];
        Assert.Equal([$"{Picture}:", texts[0], texts[1], $"{Other}:", texts[2], texts[3]], Lines(output));
    }

    [Fact]
    public async Task A_seed_repeats_an_answer_and_another_gives_another()
    {
        string[] arguments = ["--image", Picture, "--prompt", "caption en", "--max-new-tokens", "16", "--temperature", "2", "--top-k", "50", "--top-p", "0.9"];
        (_, string first, _) = await RunAsync([.. arguments, "--seed", "7"]);
        (_, string again, _) = await RunAsync([.. arguments, "--seed", "7"]);
        (_, string other, _) = await RunAsync([.. arguments, "--seed", "8"]);
        Assert.Equal(first, again);
        Assert.NotEqual(first, other);
    }

    [Fact]
    public async Task Beams_give_what_the_library_gives()
    {
        JsonElement answer = Assert.Single(
            await AnswersAsync("--image", Picture, "--prompt", "caption en", "--max-new-tokens", "4", "--num-beams", "3", "--threads", "1"));
        using PaliGemmaPipeline pipeline = PaliGemmaPipeline.Load(Model);
        GeneratedText expected = pipeline.Generate(Picture, "caption en", new GenerationOptions { MaxNewTokens = 4, BeamCount = 3 });
        Assert.Equal(expected.Text, answer.GetProperty("text").GetString());
        Assert.Equal(expected.Tokens.Select(token => token.Id), answer.GetProperty("tokens").EnumerateArray().Select(id => id.GetInt32()));
    }

    [Theory]
    [InlineData("auto")]
    [InlineData("float32")]
    [InlineData("bfloat16")]
    [InlineData("Float16")]
    public async Task A_precision_is_chosen_by_its_name(string name)
    {
        (int exitCode, string output, _) =
            await RunAsync("--image", Picture, "--prompt", "caption en", "--max-new-tokens", "1", "--dtype", name);
        Assert.Equal((0, "<loc0930>" + Environment.NewLine), (exitCode, output));
    }

    [Theory]
    [InlineData("--max-new-tokens is a whole number of at least 1, not '0'.", "--max-new-tokens", "0")]
    [InlineData("--max-new-tokens is a whole number of at least 1, not 'many'.", "--max-new-tokens", "many")]
    [InlineData("--max-new-tokens is a whole number of at least 1, not '99999999999'.", "--max-new-tokens", "99999999999")]
    [InlineData("--temperature is a number of at least 0, not '-1'.", "--temperature", "-1")]
    [InlineData("--temperature is a number of at least 0, not 'NaN'.", "--temperature", "NaN")]
    [InlineData("--top-k is a whole number of at least 0, not '1.5'.", "--top-k", "1.5")]
    [InlineData("--top-p is a number above 0 and at most 1, not '0'.", "--top-p", "0")]
    [InlineData("--top-p is a number above 0 and at most 1, not '1.1'.", "--top-p", "1.1")]
    [InlineData("--seed is a whole number of at least 0, not '-1'.", "--seed", "-1")]
    [InlineData("--num-beams is a whole number of at least 1, not '0'.", "--num-beams", "0")]
    [InlineData("--threads is a whole number from 0 to 1024, not '100000'.", "--threads", "100000")]
    [InlineData("not 'int3'.", "--dtype", "int3")]
    [InlineData("not 'float32,bfloat16'.", "--dtype", "float32,bfloat16")]
    [InlineData("not '+1'.", "--dtype", "+1")]
    [InlineData("cannot be combined with a temperature.", "--num-beams", "2", "--temperature", "1")]
    [InlineData("'--frob' is no command, option or value here; --help lists what there is.", "--frob")]
    public async Task An_impossible_option_is_refused_in_one_sentence(string sentence, params string[] arguments) =>
        AssertRefused(sentence, await RunAsync(["--image", Picture, "--prompt", "caption en", .. arguments]));

    [Fact]
    public async Task What_is_missing_or_damaged_is_named_in_one_sentence()
    {
        using TemporaryFolder folder = new();
        string empty = folder.Write("empty.jpg", []);
        string none = folder.File("none.png");
        string[] prompt = ["--prompt", "caption en"];
        AssertRefused("empty.jpg is not a picture in a known format", await RunAsync(["--image", empty, .. prompt]));
        AssertRefused("There is no picture or folder " + none, await RunAsync(["--image", none, .. prompt]));
        AssertRefused("holds no picture", await RunAsync(["--image", Goldens.Path("expected"), .. prompt]));
        AssertRefused(none, await RunAsync(["--image", Picture, "--model", none, .. prompt]));
        AssertRefused("has neither model.safetensors nor", await RunAsync(["--image", Picture, "--model", folder.FullName, .. prompt]));
        AssertRefused("'--prompt' is required", await RunAsync("--image", Picture));
        AssertRefused("'--image' is required", await RunAsync(prompt));
    }

    internal static string[] Lines(string output) => output.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);

    internal static void AssertRefused(string sentence, (int ExitCode, string Output, string Error) run)
    {
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.StartsWith("paligemma: ", Assert.Single(Lines(run.Error)), StringComparison.Ordinal);
        Assert.Contains(sentence, run.Error, StringComparison.Ordinal);
    }

    private static Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments) => CommandRun.OfAsync(
        GenerateCommand.Create(), arguments.Contains("--model") ? arguments : [.. arguments, "--model", Model]);

    private static async Task<JsonElement[]> AnswersAsync(params string[] arguments)
    {
        (int exitCode, string output, string error) = await RunAsync([.. arguments, "--json"]);
        Assert.Equal((0, ""), (exitCode, error));
        return Array.ConvertAll(Lines(output), line => JsonElement.Parse(line));
    }
}
