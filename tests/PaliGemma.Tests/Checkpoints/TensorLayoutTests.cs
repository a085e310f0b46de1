using PaliGemma.Checkpoints;
using PaliGemma.Configuration;

namespace PaliGemma.Tests.Checkpoints;

public class TensorLayoutTests
{
    [Theory]
    [InlineData("A")]
    [InlineData("S")]
    [InlineData("G")]
    [InlineData("E")]
    public void The_layout_is_that_of_the_references_files(string name)
    {
        string folder = Goldens.Path("models", name);
        using Checkpoint checkpoint = Checkpoint.Open(folder);
        IReadOnlyList<LayoutEntry> layout = TensorLayout.Of(PaliGemmaConfig.Load(folder));
        Assert.Equal(checkpoint.Names.Order(StringComparer.Ordinal), layout.Select(entry => entry.Name).Order(StringComparer.Ordinal));
        Assert.All(layout, entry => checkpoint.Get(entry.Name, [.. entry.Shape]));
    }

    /// <summary>The counts of the models as they were trained: Hugging Face's files pad the vocabulary of 257,152 to 257,216.</summary>
    [Theory]
    [InlineData("3b-224", 2_923_335_408)]
    [InlineData("3b-448", 2_924_220_144)]
    [InlineData("3b-896", 2_927_759_088)]
    public void The_presets_have_the_published_number_of_parameters(string name, long expected)
    {
        Assert.True(PaliGemmaPresets.TryGet(name, out PaliGemmaConfig config));
        config = config with { Text = config.Text with { VocabularySize = 257152 } };
        Assert.Equal(expected, TensorLayout.Of(config).Sum(entry => entry.ElementCount));
    }
}
