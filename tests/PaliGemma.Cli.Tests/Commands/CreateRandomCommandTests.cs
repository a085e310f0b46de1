using PaliGemma.Cli.Commands;
using PaliGemma.Generation;
using PaliGemma.Tests;

namespace PaliGemma.Cli.Tests.Commands;

public sealed class CreateRandomCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("bfloat16")]
    [InlineData("float16")]
    [InlineData("float32")]
    public async Task The_folder_is_a_model_that_answers(string type)
    {
        string model = _folder.File("model");
        (int exitCode, string output, string error) = await RunAsync(
            "--config", Config("E"), "--dtype", type, "--output", model, "--seed", "5");
        Assert.Equal((0, ""), (exitCode, error));
        Assert.Contains("68 tensors", output, StringComparison.Ordinal);
        Assert.Equal(
            ["config.json", "generation_config.json", "model.safetensors", "preprocessor_config.json", "special_tokens_map.json",
                "tokenizer.json", "tokenizer_config.json"],
            Directory.EnumerateFiles(model).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
        using PaliGemmaPipeline pipeline = PaliGemmaPipeline.Load(model);
        Assert.Equal(type, pipeline.Model.Config.StoredType);
        GeneratedText text = pipeline.Generate(
            Goldens.Path("images", "01_rgb_320x240.png"), "caption en", new GenerationOptions { MaxNewTokens = 3 }, CancellationToken.None);
        Assert.NotEmpty(text.Tokens);
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_files()
    {
        await RunAsync("--config", Config("E"), "--output", _folder.File("a"), "--seed", "5");
        await RunAsync("--config", Config("E"), "--output", _folder.File("b"), "--seed", "5");
        foreach (string file in Directory.EnumerateFiles(_folder.File("a")))
        {
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(_folder.File("b"), Path.GetFileName(file))));
        }
    }

    [Fact]
    public async Task A_tokenizer_is_copied()
    {
        string tokenizer = Goldens.Path("models", "E");
        Assert.Equal(0, (await RunAsync("--config", Config("E"), "--output", _folder.File("a"), "--tokenizer", tokenizer)).ExitCode);
        Assert.Equal(
            File.ReadAllBytes(Path.Combine(tokenizer, "tokenizer.model")),
            File.ReadAllBytes(Path.Combine(_folder.File("a"), "tokenizer.model")));
    }

    [Fact]
    public async Task A_folder_that_is_not_empty_is_left_alone()
    {
        string file = _folder.Write("mine.txt", "x"u8);
        (int exitCode, _, string error) = await RunAsync("--config", Config("E"), "--output", _folder.FullName);
        Assert.Equal(1, exitCode);
        Assert.Contains("expected a new or empty folder", error, StringComparison.Ordinal);
        Assert.Equal([file], Directory.EnumerateFileSystemEntries(_folder.FullName));
    }

    [Theory]
    [InlineData("A", null, "image_token_index is 290")]
    [InlineData("A", "E", "has the image token 2252; the configuration expects 290")]
    [InlineData("A", "A", "neither tokenizer.json nor tokenizer.model")]
    public async Task A_failure_leaves_no_folder(string config, string? tokenizer, string expected)
    {
        string[] tokenizerArguments = tokenizer is null ? [] : ["--tokenizer", Goldens.Path("models", tokenizer)];
        (int exitCode, string output, string error) =
            await RunAsync(["--config", Config(config), "--output", _folder.File("model"), .. tokenizerArguments]);
        Assert.Equal((1, ""), (exitCode, output));
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.FullName));
    }

    [Theory]
    [InlineData("--config", "5b-224", "There is no file 5b-224")]
    [InlineData("--dtype", "int8", "--dtype is one of")]
    public async Task A_wrong_value_is_answered_with_what_is_expected(string option, string value, string expected)
    {
        string[] arguments = option == "--config" ? [option, value] : ["--config", Config("E"), option, value];
        (int exitCode, _, string error) = await RunAsync([.. arguments, "--output", _folder.File("model")]);
        Assert.Equal(1, exitCode);
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.Equal(error.TrimEnd(), error.Trim().ReplaceLineEndings(" "));
    }

    public void Dispose() => _folder.Dispose();

    private static string Config(string model) => Goldens.Path("models", model, "config.json");

    private static Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments) =>
        CommandRun.OfAsync(CreateRandomCommand.Create(), arguments);
}
