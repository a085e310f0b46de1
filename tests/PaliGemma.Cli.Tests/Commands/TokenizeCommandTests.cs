using System.Text.Json;
using PaliGemma.Cli.Commands;
using PaliGemma.Tests;

namespace PaliGemma.Cli.Tests.Commands;

public class TokenizeCommandTests
{
    private static readonly string[] Model = ["--model", Goldens.Path("models", "E")];

    [Fact]
    public async Task Json_is_one_array_with_an_object_per_text()
    {
        using JsonDocument cases = JsonDocument.Parse(File.ReadAllBytes(Goldens.Path("expected", "processor", "processor_4.49dev.json")));
        JsonElement[] tests = [.. cases.RootElement.GetProperty("tokenizer").EnumerateArray()];
        string[] texts = [.. tests.Select(test => test.GetProperty("text").GetString()!)];

        (int exitCode, string output, string error) = await CommandRun.OfAsync(TokenizeCommand.Create(), [.. Model, "--json", "--", .. texts]);
        Assert.Equal((0, ""), (exitCode, error));
        JsonElement[] tokenized = [.. JsonElement.Parse(output).EnumerateArray()];
        Assert.Equal(texts, tokenized.Select(text => text.GetProperty("text").GetString()));
        for (int i = 0; i < tests.Length; i++)
        {
            Assert.Equal(["text", "ids", "pieces"], tokenized[i].EnumerateObject().Select(field => field.Name));
            Assert.Equal(tests[i].GetProperty("sentencepiece_ids").ToString(), tokenized[i].GetProperty("ids").ToString());
            Assert.Equal(
                tests[i].GetProperty("sentencepiece_pieces").EnumerateArray().Select(piece => piece.GetString()),
                tokenized[i].GetProperty("pieces").EnumerateArray().Select(piece => piece.GetString()));
        }
    }

    [Fact]
    public async Task A_line_per_text_has_ids_and_pieces()
    {
        (int exitCode, string output, string error) = await CommandRun.OfAsync(TokenizeCommand.Create(), [.. Model, "caption en", "a\n"]);
        Assert.Equal((0, ""), (exitCode, error));
        Assert.Equal(["574:caption 559:▁en", "1028:a 108:\\n"], GenerateCommandTests.Lines(output));
    }

    [Fact]
    public async Task What_is_missing_is_named_in_one_sentence()
    {
        using TemporaryFolder folder = new();
        GenerateCommandTests.AssertRefused(
            "neither tokenizer.json nor tokenizer.model", await CommandRun.OfAsync(TokenizeCommand.Create(), "--model", folder.FullName, "a"));
        GenerateCommandTests.AssertRefused("tokenize", await CommandRun.OfAsync(TokenizeCommand.Create(), Model));
    }
}
