using System.Text.Json;
using PaliGemma.Cli.Commands;
using PaliGemma.Cli.Output;
using PaliGemma.Layers;
using PaliGemma.Quantization;
using PaliGemma.Tests;

namespace PaliGemma.Cli.Tests.Commands;

public sealed class QualityCommandTests
{
    private static readonly string[] Arguments = [Goldens.Path("images", "01_rgb_320x240.png"), "--prompt", "caption en", "--tokens", "2"];

    [Fact]
    public async Task The_tables_have_a_row_per_format_and_a_row_per_layer()
    {
        (int exitCode, string output, string error) =
            await CommandRun.OfAsync(QualityCommand.Create(), [.. Arguments, "--model", Goldens.Path("models", "E")]);
        Assert.Equal((0, ""), (exitCode, error));
        foreach (string start in new[] { "| int8 |", "| nf4 |", "| fp4 |", "| int4 |", "| vision.hidden.1 |", "| projector.output |", "| lm.hidden.3 |" })
        {
            Assert.Contains(start, output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_json_has_every_format_with_its_layers()
    {
        (int exitCode, string output, _) =
            await CommandRun.OfAsync(QualityCommand.Create(), [.. Arguments, "--json", "--model", Goldens.Path("models", "E")]);
        Assert.Equal(0, exitCode);
        using JsonDocument document = JsonDocument.Parse(output);
        Assert.Equal(4, document.RootElement.GetArrayLength());
        JsonElement first = document.RootElement[0];
        Assert.Equal("int8", first.GetProperty("format").GetString());
        Assert.Equal(2, first.GetProperty("tokens").GetInt32());
        Assert.True(first.GetProperty("layers")[1].GetProperty("relative_error").GetDouble() > 0);
    }

    [Fact]
    public void What_is_not_a_number_is_null_in_the_json()
    {
        IReadOnlyList<QualityReport> reports =
            [new QualityReport(WeightFormat.Nf4, 5, [new LayerError("projector.output", double.NaN)], double.PositiveInfinity, 0.5, 2)];
        Assert.Equal(
            """
            [{"format":"nf4","decoder_bytes":5,"layers":[{"layer":"projector.output","relative_error":null}],"divergence":null,"top_token_agreement":0.5,"tokens":2}]
            """,
            JsonSerializer.Serialize(reports, QualityJson.Default.IReadOnlyListQualityReport));
    }

    [Fact]
    public async Task A_quantised_folder_has_nothing_to_be_compared_with()
    {
        using TemporaryFolder folder = new();
        FolderQuantizer.Quantize(Goldens.Path("models", "A"), folder.FullName, new QuantizationOptions(WeightFormat.Nf4));
        (int exitCode, string output, string error) = await CommandRun.OfAsync(QualityCommand.Create(), [.. Arguments, "--model", folder.FullName]);
        Assert.Equal((1, ""), (exitCode, output));
        Assert.Contains("is stored as Nf4; expected the weights that it was made of", error, StringComparison.Ordinal);
    }
}
