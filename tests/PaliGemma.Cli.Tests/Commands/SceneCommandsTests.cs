using System.Globalization;
using PaliGemma.Cli.Commands;
using PaliGemma.Imaging;
using PaliGemma.Tests;

namespace PaliGemma.Cli.Tests.Commands;

public sealed class SceneCommandsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("questions.jsonl")]
    [InlineData("instances.json")]
    [InlineData("pictures")]
    public async Task A_folder_that_has_something_of_the_names_is_refused_before_anything_is_drawn(string name)
    {
        Directory.CreateDirectory(_folder.File("data"));
        Directory.CreateDirectory(_folder.File($"data/{name}"));
        (int exitCode, string output, string error) = await CommandRun.OfAsync(
            CreateScenesCommand.Create(), "--output", _folder.File("data"), "--count", "100000");
        Assert.Equal((1, ""), (exitCode, output));
        Assert.Contains($"has {name} already", error, StringComparison.Ordinal);
    }

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
    public async Task The_included_model_does_on_scenes_that_it_has_not_seen_about_what_its_card_says()
    {
        (_, string output, _) = await CommandRun.OfAsync(ScoreScenesCommand.Create(), "--seed", "4000037", "--count", "60");
        Dictionary<string, double> scores = ReadScores(output);
        // Well below the card: sixty scenes of another seed.
        (string Name, double Least)[] expected =
        [
            ("captions, exact", 0.88), ("counts", 0.93), ("colours", 0.93), ("presence", 0.93), ("words read", 0.9),
            ("detection, mean IoU", 0.78), ("detection, F1", 0.84), ("segmentation, mean IoU", 0.68),
        ];
        Assert.Equal(expected.Select(score => score.Name).Order(), scores.Keys.Order());
        Assert.All(expected, score => Assert.InRange(scores[score.Name], score.Least, 1));
    }

    [Fact]
    public async Task Written_scenes_are_scored_as_drawn_ones()
    {
        await CommandRun.OfAsync(CreateScenesCommand.Create(), "--output", _folder.File("scenes"), "--seed", "11", "--count", "12");
        (int exitCode, string benchmark, _) = await CommandRun.OfAsync(
            EvalCommand.Create(), "--task", "shapes", "--data", _folder.File("scenes"), "--predictions", _folder.File("predictions"));
        Assert.Equal(0, exitCode);
        (_, string drawn, _) = await CommandRun.OfAsync(ScoreScenesCommand.Create(), "--seed", "11", "--count", "12");
        Dictionary<string, double> expected = ReadScores(drawn);
        Dictionary<string, double> percent = ReadScores(benchmark);
        // Pictures are written without loss; examples that are answered together differ in the last bits.
        Assert.All(expected, score => Assert.Equal(score.Value, percent[score.Key] / 100, 0.02));
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

    [Fact]
    public async Task A_sheet_that_would_be_no_png_file_is_refused()
    {
        (int exitCode, _, string error) = await CommandRun.OfAsync(DrawScenesCommand.Create(), "--output", _folder.File("a.jpg"));
        Assert.Equal(1, exitCode);
        Assert.Contains("--output is", error, StringComparison.Ordinal);
        Assert.Contains("expected the name of a PNG file", error, StringComparison.Ordinal);
    }

    /// <summary>The lines of a table that are a name and one number.</summary>
    private static Dictionary<string, double> ReadScores(string table)
    {
        Dictionary<string, double> scores = [];
        foreach (string line in table.Split('\n'))
        {
            string[] cells = line.Split("  ", StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            if (cells.Length == 2 && double.TryParse(cells[1], NumberStyles.Float, CultureInfo.InvariantCulture, out double value))
            {
                scores[cells[0]] = value;
            }
        }
        return scores;
    }
}
