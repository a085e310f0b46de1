using PaliGemma.Cli.Commands;
using PaliGemma.Generation;
using PaliGemma.Tests;

namespace PaliGemma.Cli.Tests.Commands;

public class QuantizeCommandTests
{
    private static readonly string[] Model = ["--model", Goldens.Path("models", "E")];

    [Theory]
    [InlineData("int8")]
    [InlineData("nf4", "--double-quant")]
    [InlineData("int4")]
    public async Task The_folder_that_it_writes_answers(string format, params string[] more)
    {
        using TemporaryFolder folder = new();
        string output = folder.File("quantized");
        (int exitCode, _, string error) = await CommandRun.OfAsync(QuantizeCommand.Create(), [.. Model, "--to", format, .. more, "--output", output]);
        Assert.Equal((0, ""), (exitCode, error));
        using PaliGemmaPipeline pipeline = PaliGemmaPipeline.Load(output);
        GeneratedText text = pipeline.Generate(Goldens.Path("images", "01_rgb_320x240.png"), "caption en", new GenerationOptions { MaxNewTokens = 3 });
        Assert.NotEmpty(text.Tokens);
    }

    [Theory]
    [InlineData("--to is one of int8|nf4|fp4|int4, not 'float16'.", "float16")]
    [InlineData("Only the scales of nf4 and fp4 can be quantised, not those of Int8.", "int8", "--double-quant")]
    public async Task What_it_can_not_do_it_says_in_a_sentence_and_leaves_nothing(string sentence, string format, params string[] more)
    {
        using TemporaryFolder folder = new();
        (int exitCode, string output, string error) =
            await CommandRun.OfAsync(QuantizeCommand.Create(), [.. Model, "--to", format, .. more, "--output", folder.File("quantized")]);
        Assert.Equal((1, ""), (exitCode, output));
        Assert.Equal($"paligemma: {sentence}", error.Trim());
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.FullName));
    }
}
