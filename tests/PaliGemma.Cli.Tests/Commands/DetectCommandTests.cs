using System.Text.Json;
using System.Text.RegularExpressions;
using PaliGemma.Cli.Commands;
using PaliGemma.Tasks;
using PaliGemma.Tests;

namespace PaliGemma.Cli.Tests.Commands;

public partial class DetectCommandTests
{
    private static readonly string Picture = Goldens.Path("images", "01_rgb_320x240.png");
    private static readonly string[] Model =
        ["--model", Goldens.Path("models", "E"), "--temperature", "1", "--seed", "3", "--max-new-tokens", "60"];

    [Fact]
    public async Task Objects_are_printed_one_on_a_line()
    {
        (int exitCode, string output, string error) = await CommandRun.OfAsync(DetectCommand.Create(), [Picture, "cat ; dog", .. Model]);
        Assert.Equal((0, ""), (exitCode, error));
        string[] lines = output.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        Assert.NotEmpty(lines);
        Assert.All(lines, line => Assert.Matches(ObjectLine(), line));
    }

    [Fact]
    public async Task Json_has_the_objects_in_pixels_of_the_original_picture()
    {
        (int exitCode, string output, _) = await CommandRun.OfAsync(DetectCommand.Create(), [Picture, "cat ; dog", "--json", .. Model]);
        Assert.Equal(0, exitCode);
        using JsonDocument document = JsonDocument.Parse(output);
        JsonElement answer = document.RootElement;
        Assert.Equal("detect cat ; dog", answer.GetProperty("prompt").GetString());
        Assert.False(answer.TryGetProperty("problems", out _));
        DetectedObject[] expected = [.. TaskOutputParser.ParseObjects(answer.GetProperty("text").GetString()!, 320, 240).Objects];
        JsonElement[] objects = [.. answer.GetProperty("objects").EnumerateArray()];
        Assert.NotEmpty(objects);
        Assert.Equal(expected.Select(found => found.Label), objects.Select(found => found.GetProperty("label").GetString()));
        Assert.Equal(expected.Select(found => found.PixelBox), objects.Select(found => Box(found.GetProperty("box"))));
        Assert.All(objects, found => Assert.InRange(found.GetProperty("score").GetDouble(), 0, 1));
    }

    [Theory]
    [InlineData("1")]
    [InlineData("3")]
    public async Task An_answer_that_had_no_room_for_more_objects_says_so(string beams)
    {
        string[] arguments =
            [Picture, "cat", "--model", Goldens.Path("models", "E"), "--num-beams", beams, "--max-new-tokens", "3"];
        (int exitCode, string output, string error) = await CommandRun.OfAsync(DetectCommand.Create(), arguments);
        Assert.Equal((0, "nothing found"), (exitCode, output.Trim()));
        Assert.Equal(
            $"paligemma: {Picture}: The answer was cut at 3 tokens; a larger --max-new-tokens gives room for more.", error.Trim());
        (_, string json, string nothing) = await CommandRun.OfAsync(DetectCommand.Create(), [.. arguments, "--json"]);
        using JsonDocument document = JsonDocument.Parse(json);
        Assert.Equal("length", document.RootElement.GetProperty("finish_reason").GetString());
        Assert.Empty(nothing);
    }

    [Fact]
    public async Task The_constraint_is_on_where_its_option_stands_alone()
    {
        string[] arguments = [Picture, "cat", "--json", .. Model];
        (_, string whole, _) = await CommandRun.OfAsync(DetectCommand.Create(), arguments);
        (int exitCode, string alone, _) = await CommandRun.OfAsync(DetectCommand.Create(), [.. arguments, "--constrain"]);
        Assert.Equal(0, exitCode);
        using JsonDocument expected = JsonDocument.Parse(whole);
        using JsonDocument actual = JsonDocument.Parse(alone);
        Assert.Equal(expected.RootElement.GetProperty("text").GetString(), actual.RootElement.GetProperty("text").GetString());
    }

    [Fact]
    public async Task Beams_follow_the_grammar_too()
    {
        (int exitCode, string output, _) = await CommandRun.OfAsync(
            DetectCommand.Create(), Picture, "cat ; dog", "--model", Goldens.Path("models", "E"), "--num-beams", "3", "--json");
        Assert.Equal(0, exitCode);
        using JsonDocument document = JsonDocument.Parse(output);
        Assert.True(ObjectText.IsWellFormed(document.RootElement.GetProperty("text").GetString()!));
        Assert.Equal("stop", document.RootElement.GetProperty("finish_reason").GetString());
        Assert.NotEmpty(document.RootElement.GetProperty("objects").EnumerateArray());
    }

    [Fact]
    public async Task Without_the_constraint_what_is_odd_in_the_answer_is_told()
    {
        string[] arguments = [Picture, "cat", "--constrain", "false", .. Model];
        (int exitCode, _, string error) = await CommandRun.OfAsync(DetectCommand.Create(), arguments);
        Assert.Equal(0, exitCode);
        Assert.StartsWith($"paligemma: {Picture}: ", error, StringComparison.Ordinal);
        (_, string json, string nothing) = await CommandRun.OfAsync(DetectCommand.Create(), [.. arguments, "--json"]);
        using JsonDocument document = JsonDocument.Parse(json);
        Assert.NotEmpty(document.RootElement.GetProperty("problems").EnumerateArray());
        Assert.Empty(nothing);
    }

    [Fact]
    public async Task A_segmentation_has_masks_and_a_referring_expression_exactly_one_object()
    {
        (_, string output, _) = await CommandRun.OfAsync(SegmentCommand.Create(), [Picture, "left cat", "--referring", "--json", .. Model]);
        using JsonDocument document = JsonDocument.Parse(output);
        Assert.Equal("left cat", document.RootElement.GetProperty("prompt").GetString());
        JsonElement found = Assert.Single(document.RootElement.GetProperty("objects").EnumerateArray());
        Assert.Equal("left cat", found.GetProperty("label").GetString());
        Assert.Contains("<seg", document.RootElement.GetProperty("text").GetString()!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Masks_are_decoded_with_the_file_that_is_named_or_pulled_and_without_one_it_is_said_how_to_get_it()
    {
        string[] arguments = [Picture, "left cat", "--referring", .. Model];
        using TemporaryFolder folder = new();
        // In an environment of its own: that of this process is the other tests' too.
        Dictionary<string, string> environment = new() { ["HF_ASSETS_CACHE"] = folder.FullName };
        (int exitCode, string output, string error) = await SegmentAsync();
        Assert.Equal(0, exitCode);
        Assert.StartsWith("left cat (", output, StringComparison.Ordinal);
        Assert.Single(error.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("'paligemma pull mask-decoder'", error, StringComparison.Ordinal);

        (exitCode, output, error) = await SegmentAsync("--masks", folder.File("masks"));
        Assert.Equal((1, ""), (exitCode, output));
        Assert.StartsWith("paligemma: --masks needs", error, StringComparison.Ordinal);
        output = (await SegmentAsync()).Output;

        string weights = Goldens.Path("expected", "mask-vae", "vae-random.npz");
        Assert.Equal((0, output, ""), await SegmentAsync("--mask-decoder", weights));

        Directory.CreateDirectory(folder.File("paligemma"));
        File.Copy(weights, Path.Combine(folder.FullName, "paligemma", "vae-oid.npz"));
        Assert.Equal((0, output, ""), await SegmentAsync());

        (int failed, string nothing, string sentence) =
            await CommandRun.OfAsync(SegmentCommand.Create(), [.. arguments, "--mask-decoder", "missing.npz"]);
        Assert.Equal((1, ""), (failed, nothing));
        Assert.Contains("missing.npz", sentence, StringComparison.Ordinal);

        Task<(int Code, string Output, string Error)> SegmentAsync(params string[] more) =>
            Paligemma.RunAsync(environment, ["segment", .. arguments, .. more]);
    }

    [Theory]
    [InlineData("names nothing to look for", " ; ")]
    [InlineData("location or segmentation token", "<loc0000>")]
    [InlineData("choose one", "cat", "--json", "--format", "coco")]
    [InlineData("'bmp'", "cat", "--format", "bmp")]
    [InlineData("--max-overlap is a number from 0 to 1, not '2'.", "cat", "--max-overlap", "2")]
    [InlineData("--max-overlap is a number from 0 to 1, not 'abc'.", "cat", "--max-overlap", "abc")]
    [InlineData("--constrain is true or false, not 'maybe'.", "cat", "--constrain", "maybe")]
    [InlineData("1023 or 1024", "cat", "--location-scale", "5")]
    [InlineData("--overlay is 'found.jpg'; expected the name of a PNG file to write", "cat", "--overlay", "found.jpg")]
    public async Task What_cannot_be_done_is_said_in_one_sentence(string sentence, params string[] arguments)
    {
        (int exitCode, string output, string error) = await CommandRun.OfAsync(DetectCommand.Create(), [Picture, .. arguments, .. Model]);
        Assert.Equal((1, ""), (exitCode, output));
        Assert.Contains(sentence, error, StringComparison.Ordinal);
        Assert.Single(error.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task What_is_written_to_files_is_of_one_picture_and_masks_need_their_decoder()
    {
        using TemporaryFolder folder = new();
        string weights = Goldens.Path("expected", "mask-vae", "vae-random.npz");
        string[] several = [Goldens.Path("images"), "cat", .. Model, "--mask-decoder", weights];
        await FailsAsync("--overlay writes one picture", [.. several, "--overlay", folder.File("overlay.png")]);
        await FailsAsync("--masks writes the masks of one picture", [.. several, "--masks", folder.File("masks")]);
        await FailsAsync("--overlay is given an empty value", [Picture, "cat", .. Model, "--overlay", ""]);
        await FailsAsync("--masks is given an empty value", [Picture, "cat", .. Model, "--masks", ""]);
        await FailsAsync("missing.npz", [Picture, "cat", .. Model, "--masks", folder.File("masks"), "--mask-decoder", "missing.npz"]);
        string[] one = [Picture, "cat", .. Model, "--mask-decoder", weights];
        string nowhere = Path.Combine(folder.File("none"), "found.png");
        await FailsAsync($"paligemma: {nowhere} cannot be written: ", [.. one, "--overlay", nowhere]);
        await FailsAsync($"--masks {Path.Combine(Picture, "masks")} cannot be created: ", [.. one, "--masks", Path.Combine(Picture, "masks")]);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.FullName));

        string label = new('é', 140);
        (int exitCode, _, string error) = await CommandRun.OfAsync(
            SegmentCommand.Create(),
            [Picture, label, "--referring", .. Model, "--masks", folder.File("masks"), "--mask-decoder", weights]);
        Assert.Equal((0, ""), (exitCode, error));
        string file = Assert.Single(Directory.EnumerateFiles(folder.File("masks")));
        Assert.Equal("1-" + label[..60] + ".png", Path.GetFileName(file));

        static async Task FailsAsync(string sentence, string[] arguments)
        {
            (int failed, string output, string error) = await CommandRun.OfAsync(SegmentCommand.Create(), arguments);
            Assert.Equal((1, ""), (failed, output));
            Assert.Contains(sentence, error, StringComparison.Ordinal);
            Assert.DoesNotContain(".partial", error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_damaged_picture_among_others_is_told_and_the_others_are_answered()
    {
        using TemporaryFolder folder = new();
        File.Copy(Goldens.Path("images", "01_rgb_320x240.png"), folder.File("a.png"));
        File.WriteAllText(folder.File("b.png"), "no picture");
        File.Copy(Goldens.Path("images", "08_exact_224x224.png"), folder.File("c.png"));
        (int exitCode, string output, string error) = await CommandRun.OfAsync(
            DetectCommand.Create(), [folder.FullName, "cat ; dog", "--format", "COCO", .. Model]);
        Assert.Equal(1, exitCode);
        Assert.Contains("b.png", Assert.Single(error.TrimEnd().Split('\n'), line => line.Contains("picture", StringComparison.Ordinal)), StringComparison.Ordinal);
        JsonElement images = JsonDocument.Parse(output).RootElement.GetProperty("images");
        Assert.Equal(["a.png", "c.png"], images.EnumerateArray().Select(image => Path.GetFileName(image.GetProperty("file_name").GetString())));
    }

    [Theory]
    [InlineData("yolo")]
    [InlineData("labelme")]
    public async Task A_format_of_one_picture_refuses_a_folder_of_several(string format)
    {
        (int exitCode, _, string error) =
            await CommandRun.OfAsync(DetectCommand.Create(), [Goldens.Path("images"), "cat", "--format", format, .. Model]);
        Assert.Equal(1, exitCode);
        Assert.Contains("one picture", error, StringComparison.Ordinal);
    }

    private static PixelBox Box(JsonElement box)
    {
        return new PixelBox(Number("y1"), Number("x1"), Number("y2"), Number("x2"));

        float Number(string name) => box.GetProperty(name).GetSingle();
    }

    [GeneratedRegex(@"^(cat|dog) \([01]\.\d\d\): y1 \d+, x1 \d+, y2 \d+, x2 \d+$")]
    private static partial Regex ObjectLine();
}
