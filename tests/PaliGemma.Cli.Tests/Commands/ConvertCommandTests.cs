using System.Text.Json;
using PaliGemma.Cli.Commands;
using PaliGemma.Tests;

namespace PaliGemma.Cli.Tests.Commands;

public sealed class ConvertCommandTests : IDisposable
{
    private const string Coco = """
        {"images": [{"id": 1, "file_name": "one.png", "width": 320, "height": 240}],
         "annotations": [
          {"image_id": 1, "category_id": 1, "bbox": [20, 30, 100, 60], "segmentation": [[20, 30, 120, 40, 110, 90, 40, 85]]},
          {"image_id": 1, "category_id": 2, "bbox": [150, 100, 190, 120]},
          {"image_id": 1, "category_id": 2, "bbox": [0, 0, 320, 100], "iscrowd": 1}],
         "categories": [{"id": 1, "name": "cat"}, {"id": 2, "name": "big; dog"}]}
        """;

    private readonly TemporaryFolder _folder = new();
    private readonly string _input;
    private readonly string _output;

    public ConvertCommandTests()
    {
        _input = _folder.File("pets.json");
        _output = _folder.File("train.jsonl");
        File.WriteAllText(_input, Coco);
    }

    [Fact]
    public async Task The_report_says_what_was_written_and_what_was_not()
    {
        (int exitCode, string output, string error) = await RunAsync("--from", "coco", "--to", "paligemma", "-i", _input, "-o", _output);
        Assert.Equal((0, ""), (exitCode, error));
        Assert.Equal(
            [
                "2 objects in 1 of 1 pictures, at most 2 in one",
                "         1  cat",
                "         1  big, dog",
                "cut off at the picture's edge: 1 boxes",
                "not written: 1, crowds",
                "label 'big; dog' is written as 'big, dog'",
                "read back: 2 objects, 0 lost",
                "  boxes: mean error 0.132 pixels, at most 0.147",
                "  boxes: mean IoU 0.9974, at least 0.9967",
            ],
            GenerateCommandTests.Lines(output));
        Assert.Single(File.ReadLines(_output));
    }

    [Fact]
    public async Task Json_has_the_same_report()
    {
        (int exitCode, string output, string error) =
            await RunAsync("--from", "coco", "--to", "yolo", "-i", _input, "-o", _folder.File("yolo"), "--task", "segment", "--json");
        Assert.Equal((0, ""), (exitCode, error));
        using JsonDocument document = JsonDocument.Parse(output);
        JsonElement report = document.RootElement;
        Assert.Equal("""{"cat":1}""", report.GetProperty("labels").GetRawText());
        Assert.Equal("""{"no_mask":1,"crowd":1}""", report.GetProperty("skipped").GetRawText());
        Assert.Equal(0, report.GetProperty("round_trip").GetProperty("lost").GetInt32());
        Assert.InRange(report.GetProperty("round_trip").GetProperty("mean_mask_iou").GetDouble(), 0.99, 1);
    }

    [Fact]
    public async Task Shapes_become_codes_with_the_weights_that_are_named()
    {
        string weights = Goldens.Path("expected", "mask-vae", "vae-random.npz");
        string[] arguments = ["--from", "coco", "--to", "paligemma", "-i", _input, "-o", _output, "--task", "segment"];
        (int exitCode, string output, string error) = await RunAsync([.. arguments, "--mask-decoder", weights, "--prompts", "all"]);
        Assert.Equal((0, ""), (exitCode, error));
        Assert.Contains("  shapes: mean IoU ", output, StringComparison.Ordinal);
        Assert.Contains("\"segment cat ; big, dog\"", File.ReadAllText(_output), StringComparison.Ordinal);
        (exitCode, _, error) = await RunAsync([.. arguments, "--mask-decoder", "missing.npz"]);
        Assert.Equal(1, exitCode);
        Assert.Contains("missing.npz", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--from is one of coco|yolo|voc|labelme|paligemma, not 'cocoo'", "--from", "cocoo", "--to", "yolo")]
    [InlineData("--task is one of detect|segment, not '1'", "--from", "coco", "--to", "yolo", "--task", "1")]
    [InlineData("Only YOLO and Pascal VOC data sets are divided into splits.", "--from", "coco", "--to", "yolo", "--split", "train")]
    [InlineData("--prompts is about lines of training data; expected --to paligemma with it.", "--from", "coco", "--to", "yolo", "--prompts", "all")]
    [InlineData("--location-scale is about locations in training data; expected --from paligemma with it.", "--from", "coco", "--to", "voc", "--location-scale", "1024")]
    [InlineData("--mask-decoder is about shapes in training data; expected --task segment with it, and", "--from", "coco", "--to", "paligemma", "--mask-decoder", "x")]
    [InlineData("--mask-decoder is about shapes in training data; expected", "--from", "coco", "--to", "voc", "--task", "segment", "--mask-decoder", "x")]
    [InlineData("pets.json, line 1 is not a JSON object", "--from", "paligemma", "--to", "yolo")]
    public async Task What_is_wrong_is_told_in_one_sentence_and_nothing_is_written(string expected, params string[] arguments)
    {
        (int exitCode, string output, string error) = await RunAsync([.. arguments, "-i", _input, "-o", _output]);
        Assert.Equal((1, ""), (exitCode, output));
        Assert.Contains(expected, Assert.Single(GenerateCommandTests.Lines(error)), StringComparison.Ordinal);
        Assert.Equal([_input], Directory.EnumerateFileSystemEntries(_folder.FullName));
    }

    [Fact]
    public void The_help_speaks_of_no_model_because_there_is_none()
    {
        string? help = ConvertCommand.Create().Options.Single(option => option.Name == "--mask-decoder").Description;
        Assert.Equal(
            "The file vae-oid.npz, which turns shapes into codes and back; the one that 'paligemma pull mask-decoder' brought, if not given.",
            help);
    }

    [Theory]
    [InlineData("paligemma")]
    [InlineData("coco")]
    [InlineData("yolo")]
    public async Task A_place_that_cannot_be_written_is_named_and_not_the_one_beside_it(string format)
    {
        // A file is no folder; and Linux lets nobody write here.
        string[] places = [Path.Combine(_input, "out"), .. OperatingSystem.IsLinux() ? ["/proc/paligemma"] : Array.Empty<string>()];
        foreach (string place in places)
        {
            (int exitCode, string output, string error) = await RunAsync("--from", "coco", "--to", format, "-i", _input, "-o", place);
            Assert.Equal((1, ""), (exitCode, output));
            Assert.StartsWith($"paligemma: {place} cannot be written: ", Assert.Single(GenerateCommandTests.Lines(error)), StringComparison.Ordinal);
            Assert.DoesNotContain(".partial", error, StringComparison.Ordinal);
        }
    }

    public void Dispose() => _folder.Dispose();

    private static Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments) =>
        CommandRun.OfAsync(ConvertCommand.Create(), arguments);
}
