using PaliGemma.Generation;

namespace PaliGemma.Tests.Generation;

public class GenerationOptionsTests
{
    public static TheoryData<GenerationOptions> Possible => new(
        new GenerationOptions(),
        new GenerationOptions { MaxNewTokens = 1, Temperature = 0.7f, TopK = 40, TopP = 0.95f, Seed = 0 },
        new GenerationOptions { Temperature = float.MaxValue, TopP = float.Epsilon, TopK = int.MaxValue },
        new GenerationOptions { BeamCount = 5, MaxNewTokens = int.MaxValue });

    public static TheoryData<GenerationOptions, string> Impossible => new()
    {
        { new() { MaxNewTokens = 0 }, "MaxNewTokens" },
        { new() { Temperature = -0.1f }, "temperature" },
        { new() { Temperature = float.NaN }, "temperature" },
        { new() { Temperature = float.PositiveInfinity }, "temperature" },
        { new() { TopK = -1 }, "TopK" },
        { new() { TopP = 0 }, "Top-p" },
        { new() { TopP = 1.01f }, "Top-p" },
        { new() { TopP = float.NaN }, "Top-p" },
        { new() { BeamCount = 0 }, "BeamCount" },
        { new() { BeamCount = 2, Temperature = 1 }, "temperature" },
    };

    [Theory]
    [MemberData(nameof(Possible))]
    public void Options_in_their_ranges_generate(GenerationOptions options)
    {
        options.Validate();
        using ScriptedModel model = new(4, _ => [0, 9, 0, 0]);
        using IDecodingState state = model.Prefill([], new[] { 0 });
        Assert.NotEmpty(new BeamSearch(model, 4).Search(state, options with { Temperature = 0 }));
        Assert.NotEmpty(new TokenGenerator(model, 4).Generate([state], options with { BeamCount = 1, MaxNewTokens = 1 }));
    }

    [Theory]
    [MemberData(nameof(Impossible))]
    public void An_option_out_of_its_range_is_named_before_anything_is_generated(GenerationOptions options, string name)
    {
        using ScriptedModel model = new(4, _ => throw new InvalidOperationException("Something was generated."));
        using IDecodingState state = model.Prefill([], new[] { 0 });
        Assert.Contains(name, Assert.ThrowsAny<ArgumentException>(options.Validate).Message, StringComparison.Ordinal);
        Assert.ThrowsAny<ArgumentException>(() => new TokenGenerator(model, 4).Generate([state], options));
        Assert.ThrowsAny<ArgumentException>(() => new BeamSearch(model, 4).Search(state, options));
    }
}
