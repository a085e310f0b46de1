using PaliGemma.Cli.Commands;
using PaliGemma.Tests;

namespace PaliGemma.Cli.Tests.Commands;

/// <summary>What all commands say of what was typed, before anything is done.</summary>
public sealed class CommandLineTests : IDisposable
{
    private static readonly string Model = Goldens.Path("models", "E");

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_is_missing_is_named()
    {
        Assert.Equal(
            (1, "", "paligemma: THINGS is missing; 'detect --help' says what it is."),
            await RunAsync(CommandRun.OfAsync(DetectCommand.Create(), "photo.jpg")));
        Assert.Equal(
            (1, "", "paligemma: QUESTION is missing; 'answer --help' says what it is."),
            await RunAsync(CommandRun.OfAsync(AnswerCommand.Create(), "photo.jpg")));
    }

    [Theory]
    [InlineData("--output")]
    [InlineData("--model")]
    public async Task An_empty_value_is_none(string option)
    {
        string[] arguments = ["--to", "int8", "--model", option == "--model" ? "" : Model, "--output", option == "--output" ? "" : _folder.File("new")];
        Assert.Equal(
            (1, "", $"paligemma: {option} is given an empty value; --help says what it takes."),
            await RunAsync(CommandRun.OfAsync(QuantizeCommand.Create(), arguments)));
    }

    [Theory]
    [InlineData("--top-p has no effect at temperature 0, where nothing is drawn.", "--top-p", "0.5")]
    [InlineData("--seed has no effect at temperature 0, where nothing is drawn.", "--seed", "1")]
    [InlineData("--quantize-head has no effect without --dtype int8, nf4, fp4 or int4.", "--quantize-head")]
    [InlineData("--mask-decoder has no effect where no prompt asks for masks.", "--mask-decoder", "missing.npz")]
    public async Task An_option_without_effect_is_refused(string sentence, params string[] option) => Assert.Equal(
        (1, "", $"paligemma: {sentence}"),
        await RunAsync(CommandRun.OfAsync(
            GenerateCommand.Create(),
            ["--model", Model, "--image", Goldens.Path("images", "01_rgb_320x240.png"), "--prompt", "caption en", .. option])));

    [Fact]
    public async Task What_only_other_calls_of_a_command_can_use_is_refused()
    {
        Assert.Equal(
            (1, "", "paligemma: --revision has no effect on mask-decoder, of which there is one."),
            await RunAsync(CommandRun.OfAsync(PullCommand.Create(), "mask-decoder", "--revision", "main")));
        Assert.Equal(
            (1, "", "paligemma: --tensors has no effect with --json, which lists every tensor."),
            await RunAsync(CommandRun.OfAsync(InspectCommand.Create(), "--model", Model, "--json", "--tensors")));
    }

    private static async Task<(int ExitCode, string Output, string Error)> RunAsync(Task<(int ExitCode, string Output, string Error)> run)
    {
        (int exitCode, string output, string error) = await run;
        return (exitCode, output, error.TrimEnd());
    }
}
