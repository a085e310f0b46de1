using PaliGemma.Cli.Commands;
using PaliGemma.Imaging;
using PaliGemma.Tests;

namespace PaliGemma.Cli.Tests.Commands;

public sealed class SceneCommandsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_sheet_has_a_cell_for_each_scene_and_is_the_same_for_the_same_seed()
    {
        (int exitCode, string output, string error) = await CommandRun.OfAsync(
            DrawScenesCommand.Create(), "--output", _folder.File("a.png"), "--count", "5", "--seed", "3");
        Assert.Equal((0, ""), (exitCode, error));
        Assert.Contains("5 scenes", output, StringComparison.Ordinal);
        await CommandRun.OfAsync(DrawScenesCommand.Create(), "--output", _folder.File("b.png"), "--count", "5", "--seed", "3");
        await CommandRun.OfAsync(DrawScenesCommand.Create(), "--output", _folder.File("one.png"), "--count", "1");
        RgbImage sheet = ImageFile.Load(_folder.File("a.png"));
        Assert.Equal(sheet.Pixels, ImageFile.Load(_folder.File("b.png")).Pixels);
        Assert.Equal(sheet.Height, 2 * ImageFile.Load(_folder.File("one.png")).Height);
    }

    [Fact]
    public async Task Scores_are_told_for_what_was_asked()
    {
        (int exitCode, string output, string error) = await CommandRun.OfAsync(
            ScoreScenesCommand.Create(), "--model", Goldens.Path("models", "E"), "--count", "1");
        Assert.Equal((0, ""), (exitCode, error));
        Assert.Contains("captions, exact", output, StringComparison.Ordinal);
        // One question is of one of these kinds.
        Assert.Single(new[] { "counts", "colours", "presence" }, name => output.Contains(name, StringComparison.Ordinal));
        Assert.DoesNotContain("NaN", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_with_scenes_is_not_written_to_again()
    {
        string folder = _folder.File("scenes");
        await CommandRun.OfAsync(CreateScenesCommand.Create(), "--output", folder, "--count", "1");
        (int exitCode, string output, string error) =
            await CommandRun.OfAsync(CreateScenesCommand.Create(), "--output", folder, "--count", "1");
        Assert.Equal((1, ""), (exitCode, output));
        Assert.Contains("already", Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_count_of_nothing_is_refused()
    {
        (int exitCode, _, string error) = await CommandRun.OfAsync(DrawScenesCommand.Create(), "--output", _folder.File("a.png"), "--count", "0");
        Assert.Equal(1, exitCode);
        Assert.Contains("a whole number from 1 to 400", error, StringComparison.Ordinal);
    }
}
