using System.Text.Json;
using PaliGemma.Configuration;
using PaliGemma.Imaging;
using PaliGemma.Processing;
using PaliGemma.Tests.Tokenization;

namespace PaliGemma.Tests.Processing;

public class PaliGemmaProcessorTests
{
    private static readonly PaliGemmaConfig Config = PaliGemmaConfig.Load(Goldens.Path("models", "E"));
    private static readonly PaliGemmaProcessor Processor = new(Config, GoldenTokenizers.Json);

    [Theory]
    [InlineData("processor_4.44.2.json")]
    [InlineData("processor_4.49dev.json")]
    public void A_prompt_has_the_references_tokens(string version)
    {
        using JsonDocument document = GoldenTokenizers.Cases(version);
        int compared = 0;
        foreach (JsonElement test in document.RootElement.GetProperty("processor_padding_left").EnumerateArray())
        {
            // Cases in which the reference failed have no summary.
            if (PlainPrompt(test) is not string prompt || !test.TryGetProperty("row0 summary", out JsonElement summary))
            {
                continue;
            }
            int pictures = summary.GetProperty("n_image").GetInt32() / Config.Vision.PatchCount;
            Assert.Equal(
                [
                    .. Enumerable.Repeat(Config.ImageTokenId, pictures * Config.Vision.PatchCount),
                    .. GoldenTokenizers.Ids(summary.GetProperty("ids_without_image")),
                ],
                Processor.EncodePrompt(prompt, pictures));
            compared++;
        }
        Assert.InRange(compared, 4, 100);
    }

    [Theory]
    [InlineData("<bos>caption en")]
    [InlineData("<image>caption en")]
    [InlineData("look <image> caption<eos><pad>")]
    public void What_spells_a_control_piece_in_a_prompt_is_text(string prompt)
    {
        int[] tokens = Processor.EncodePrompt(prompt, 1);
        int[] text = tokens[(Config.Vision.PatchCount + 1)..];
        Assert.Equal(Config.BosTokenId, tokens[Config.Vision.PatchCount]);
        Assert.DoesNotContain(text, id => id == Config.ImageTokenId || id <= 3);
        Assert.Equal(prompt + "\n", GoldenTokenizers.Json.Decode(text));
    }

    [Fact]
    public void Each_picture_gets_its_pixels_and_its_place_before_the_text()
    {
        RgbImage red = Flat(5, 7, 255, 0, 0);
        RgbImage blue = Flat(300, 2, 0, 0, 255);
        PaliGemmaInputs inputs = Processor.Process([red, blue], "caption en");
        Assert.Equal([Processor.ProcessImage(red), Processor.ProcessImage(blue)], inputs.Pixels);
        Assert.Equal(512, inputs.Tokens.Count(token => token == Config.ImageTokenId));
        Assert.Equal([2, 574, 559, 108], inputs.Tokens[512..]);
        Assert.Equal([2, 574, 559, 108], Processor.Process([], "caption en").Tokens);
    }

    /// <summary>The prompt of a case with one row and nothing but a prompt; null for the others, which our processor does not know.</summary>
    private static string? PlainPrompt(JsonElement test)
    {
        JsonElement arguments = test.GetProperty("args");
        if (arguments.EnumerateObject().Any(argument => argument.Name is not ("text" or "images")))
        {
            return null;
        }
        JsonElement text = arguments.GetProperty("text");
        text = text.ValueKind == JsonValueKind.Array && text.GetArrayLength() == 1 ? text[0] : text;
        return text.ValueKind == JsonValueKind.String && !text.GetString()!.Contains('<', StringComparison.Ordinal) ? text.GetString() : null;
    }

    private static RgbImage Flat(int width, int height, byte red, byte green, byte blue) =>
        new(width, height, [.. Enumerable.Range(0, width * height).SelectMany(_ => new[] { red, green, blue })]);
}
