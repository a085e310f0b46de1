using PaliGemma.Configuration;

namespace PaliGemma.Tests.Configuration;

public class PaliGemmaConfigWriterTests
{
    public static TheoryData<string> Presets => [.. PaliGemmaPresets.Names];

    [Theory]
    [MemberData(nameof(Presets))]
    public void A_preset_is_read_back_as_it_was_written(string name)
    {
        Assert.True(PaliGemmaPresets.TryGet(name, out PaliGemmaConfig config));
        AssertRoundTrip(config with { StoredType = "bfloat16" });
    }

    [Theory]
    [InlineData("A")]
    [InlineData("G")]
    [InlineData("E")]
    public void A_configuration_of_the_reference_is_read_back_as_it_was_written(string name) =>
        AssertRoundTrip(PaliGemmaConfig.Load(Goldens.Path("models", name)));

    private static void AssertRoundTrip(PaliGemmaConfig config)
    {
        using TemporaryFolder folder = new();
        PaliGemmaConfigWriter.Write(folder.FullName, config);
        Assert.Equal(config, PaliGemmaConfig.Load(folder.FullName));
    }
}
