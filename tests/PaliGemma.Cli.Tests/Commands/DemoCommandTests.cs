using PaliGemma.Cli.Commands;
using PaliGemma.Imaging;
using PaliGemma.Tests;

namespace PaliGemma.Cli.Tests.Commands;

/// <summary>The first thing that a new user runs: the model that comes with the program, on a scene that is drawn.</summary>
public sealed class DemoCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_scene_is_described_and_what_is_in_it_is_found()
    {
        (int exitCode, string output, string error) = await CommandRun.OfAsync(DemoCommand.Create(), "--output", _folder.FullName);
        Assert.Equal((0, ""), (exitCode, error));
        Assert.Contains("scene.png: a red circle, a blue square and an orange triangle\n", output.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.Contains("found.png: 3 things with boxes and masks", output, StringComparison.Ordinal);
        Assert.Contains("4 answers in ", output, StringComparison.Ordinal);
        RgbImage scene = ImageFile.Load(_folder.File("scene.png"));
        RgbImage found = ImageFile.Load(_folder.File("found.png"));
        Assert.Equal((scene.Width, scene.Height), (found.Width, found.Height));
        Assert.NotEqual(scene.Pixels, found.Pixels);
    }

    [Fact]
    public async Task A_place_where_nothing_can_be_written_is_refused_before_the_model_is_loaded()
    {
        string file = _folder.Write("notes.txt", "mine"u8);
        (int exitCode, string output, string error) = await CommandRun.OfAsync(DemoCommand.Create(), "--output", file);
        Assert.Equal((1, ""), (exitCode, output));
        Assert.StartsWith($"paligemma: --output {file} cannot be created: ", error, StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(file));
    }

    [Fact]
    public async Task Another_scene_is_another_picture_and_an_own_picture_is_answered_without_naming_a_model()
    {
        await CommandRun.OfAsync(DemoCommand.Create(), "--output", _folder.FullName);
        byte[] first = await File.ReadAllBytesAsync(_folder.File("scene.png"), TestContext.Current.CancellationToken);
        await CommandRun.OfAsync(DemoCommand.Create(), "--output", _folder.FullName, "--scene", "1");
        Assert.NotEqual(first, await File.ReadAllBytesAsync(_folder.File("scene.png"), TestContext.Current.CancellationToken));
        await File.WriteAllBytesAsync(_folder.File("picture.png"), first, TestContext.Current.CancellationToken);
        (int exitCode, string output, _) = await CommandRun.OfAsync(
            AnswerCommand.Create(), _folder.File("picture.png"), "how many triangles are there?");
        Assert.Equal((0, "1"), (exitCode, output.Trim()));
    }

    [Fact]
    public async Task A_model_that_is_not_there_is_one_sentence_and_leaves_no_picture()
    {
        string target = _folder.File("new");
        (int exitCode, _, string error) = await CommandRun.OfAsync(DemoCommand.Create(), "--output", target, "--model", _folder.File("none"));
        Assert.Equal(1, exitCode);
        Assert.Contains("none", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(target));
    }
}
