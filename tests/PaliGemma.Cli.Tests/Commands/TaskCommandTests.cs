using System.CommandLine;
using System.Text.Json;
using PaliGemma.Cli.Commands;
using PaliGemma.Tests;

namespace PaliGemma.Cli.Tests.Commands;

/// <summary>The commands that know their prompt: caption, ocr and answer.</summary>
public class TaskCommandTests
{
    private static readonly string Picture = Goldens.Path("images", "01_rgb_320x240.png");
    private static readonly string[] Options = ["--model", Goldens.Path("models", "E"), "--max-new-tokens", "2", "--json"];

    [Fact]
    public async Task Caption_asks_for_a_sentence_in_a_language()
    {
        Assert.Equal("caption en", await PromptOfAsync(CaptionCommand.Create(), Picture));
        Assert.Equal("caption es", await PromptOfAsync(CaptionCommand.Create(), Picture, "--lang", "es"));
    }

    [Fact]
    public async Task Ocr_asks_for_the_text() => Assert.Equal("ocr", await PromptOfAsync(OcrCommand.Create(), Picture));

    [Fact]
    public async Task Answer_asks_the_question_in_a_language()
    {
        Assert.Equal("answer en What is this?", await PromptOfAsync(AnswerCommand.Create(), Picture, "What is this?"));
        Assert.Equal("answer de Was ist das?", await PromptOfAsync(AnswerCommand.Create(), Picture, "Was ist das?", "--lang", "de"));
    }

    [Fact]
    public async Task A_folder_stands_for_its_pictures()
    {
        (_, string output, _) = await CommandRun.OfAsync(CaptionCommand.Create(), [Goldens.Path("images"), .. Options]);
        Assert.Equal(Directory.GetFiles(Goldens.Path("images")).Length, GenerateCommandTests.Lines(output).Length);
    }

    [Fact]
    public async Task A_language_that_the_model_does_not_know_is_refused() => GenerateCommandTests.AssertRefused(
        "not trained to answer in 'xx'", await CommandRun.OfAsync(CaptionCommand.Create(), [Picture, "--lang", "xx", .. Options]));

    [Fact]
    public async Task A_command_without_its_picture_or_question_is_refused()
    {
        GenerateCommandTests.AssertRefused("caption", await CommandRun.OfAsync(CaptionCommand.Create(), Options));
        GenerateCommandTests.AssertRefused("answer", await CommandRun.OfAsync(AnswerCommand.Create(), [Picture, .. Options]));
    }

    private static async Task<string?> PromptOfAsync(Command command, params string[] arguments)
    {
        (int exitCode, string output, string error) = await CommandRun.OfAsync(command, [.. arguments, .. Options]);
        Assert.Equal((0, ""), (exitCode, error));
        return JsonElement.Parse(output).GetProperty("prompt").GetString();
    }
}
