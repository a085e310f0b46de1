using System.Text.Json;
using PaliGemma.Cli.Commands;
using PaliGemma.Tests;

namespace PaliGemma.Cli.Tests.Commands;

public sealed class BenchCommandTests
{
    [Theory]
    [InlineData("auto", "float32", "fma_gflops")]
    [InlineData("nf4", "nf4", "int8_gops")]
    public async Task Every_stage_has_its_rate_beside_the_limit_that_it_is_measured_by(string format, string reported, string computeLimit)
    {
        (int exitCode, string output, _) = await CommandRun.OfAsync(
            BenchCommand.Create(), "--model", Goldens.Path("models", "E"), "--dtype", format, "--rounds", "1", "--decode-tokens", "1", "--json");
        Assert.Equal(0, exitCode);
        using JsonDocument document = JsonDocument.Parse(output);
        JsonElement limits = document.RootElement.GetProperty("limits");
        Assert.True(document.RootElement.GetProperty("peak_rss_bytes").GetInt64() > 0);
        JsonElement[] stages = [.. document.RootElement.GetProperty("stages").EnumerateArray()];
        Assert.Equal(["load", "image", "prefill", "decode"], stages.Select(stage => stage.GetProperty("stage").GetString()));
        foreach (JsonElement stage in stages)
        {
            Assert.Equal(reported, stage.GetProperty("dtype").GetString());
            double rate = stage.GetProperty("rate").GetDouble();
            Assert.Equal(stage.GetProperty("work").GetDouble() / stage.GetProperty("seconds").GetDouble(), rate, 1e-6 * rate);
        }
        Assert.Equal(1e9 * limits.GetProperty(computeLimit).GetDouble(), stages[1].GetProperty("limit").GetDouble(), 1e6);
        Assert.Equal(1e9 * limits.GetProperty("read_gbps").GetDouble(), stages[3].GetProperty("limit").GetDouble(), 1e6);
    }

    [Fact]
    public async Task A_larger_picture_has_as_many_tokens_as_its_patches()
    {
        (int exitCode, string output, _) = await CommandRun.OfAsync(
            BenchCommand.Create(), "--model", Goldens.Path("models", "E"), "--image-size", "42", "--rounds", "1", "--decode-tokens", "1", "--json");
        Assert.Equal(0, exitCode);
        using JsonDocument document = JsonDocument.Parse(output);
        Assert.Equal(9, document.RootElement.GetProperty("stages")[1].GetProperty("tokens").GetInt32());
    }

    [Theory]
    [InlineData("3")]
    [InlineData("100000")]
    public async Task A_picture_size_that_cannot_be_is_refused_in_one_sentence(string size)
    {
        (int exitCode, _, string error) = await CommandRun.OfAsync(BenchCommand.Create(), "--model", Goldens.Path("models", "E"), "--image-size", size);
        Assert.Equal(1, exitCode);
        Assert.Contains("image size", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }
}
