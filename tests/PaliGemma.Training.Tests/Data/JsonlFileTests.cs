using System.Text;
using FsCheck.Xunit;
using PaliGemma.Imaging;
using PaliGemma.Tests;
using PaliGemma.Training.Data;

namespace PaliGemma.Training.Tests.Data;

public class JsonlFileTests
{
    private const string Good = """{"image": "red.png", "prefix": "caption en", "suffix": "red"}""";

    [Fact]
    public void Lines_are_examples_and_empty_ones_are_none()
    {
        using TemporaryFolder folder = Pictures();
        string path = folder.Write("data.jsonl", Encoding.UTF8.GetBytes(
            "\uFEFF" + Good + "\n\n  \r\n"
            + """{"image": ["red.png", "blue.png"], "prefix": "answer en same?", "suffix": ["no", "nein"], "id": 7}"""));
        using JsonlFile file = JsonlFile.Open(path);
        Assert.Equal(2, file.Count);
        TrainingExample first = file.Read(0);
        Assert.Equal(("caption en", "red"), (first.Prefix, first.Suffix));
        Assert.Equal([255, 0, 0], Assert.Single(first.Images).Pixels);
        Assert.Equal([0, 0, 255], file.Read(1).Images[1].Pixels);
        Assert.Equal(["nein", "no"], Enumerable.Range(0, 50).Select(draw => file.Read(1, (ulong)draw).Suffix).Distinct().Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("{", "is not a JSON object in UTF-8")]
    [InlineData(Good + Good, "is not a JSON object in UTF-8")]
    [InlineData("[1]", "is not a JSON object in UTF-8; expected one object and nothing after it")]
    [InlineData("""{"prefix": "a", "suffix": "b"}""", "image is missing; expected a path or a list of paths")]
    [InlineData("""{"image": [], "prefix": "a", "suffix": "b"}""", "image is []; expected")]
    [InlineData("""{"image": [1], "prefix": "a", "suffix": "b"}""", "image is [1]; expected")]
    [InlineData("""{"image": "red.png", "prefix": 5, "suffix": "b"}""", "prefix is 5; expected a string")]
    [InlineData("""{"image": "red.png", "prefix": "a", "suffix": {"x": 1}}""", "suffix is {\"x\": 1}; expected an answer")]
    [InlineData("""{"image": "green.png", "prefix": "a", "suffix": "b"}""", "there is no picture")]
    public void A_line_that_is_no_example_is_named(string line, string what)
    {
        using TemporaryFolder folder = Pictures();
        string path = folder.Write("data.jsonl", Encoding.UTF8.GetBytes($"{Good}\n\n{line}\n{Good}\n"));
        ModelFileException error = Assert.Throws<ModelFileException>(() => JsonlFile.Open(path));
        Assert.StartsWith($"{path}, line 3", error.Message, StringComparison.Ordinal);
        Assert.Contains(what, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_picture_is_named_with_its_line()
    {
        using TemporaryFolder folder = Pictures();
        folder.Write("red.png", "no picture"u8);
        using JsonlFile file = JsonlFile.Open(folder.Write("data.jsonl", Encoding.UTF8.GetBytes(Good)));
        ModelFileException error = Assert.Throws<ModelFileException>(() => file.Read(0));
        Assert.StartsWith($"{file.Path}, line 1: ", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n \n")]
    public void A_file_without_examples_is_refused(string text)
    {
        using TemporaryFolder folder = Pictures();
        string path = folder.Write("data.jsonl", Encoding.UTF8.GetBytes(text));
        Assert.Throws<ModelFileException>(() => JsonlFile.Open(path));
    }

    [Property(MaxTest = 300)]
    public void Damaged_bytes_give_examples_or_one_sentence(int position, byte value)
    {
        using TemporaryFolder folder = Pictures();
        byte[] bytes = Encoding.UTF8.GetBytes(Good + "\n" + Good);
        bytes[(int)((uint)position % bytes.Length)] = value;
        try
        {
            using JsonlFile file = JsonlFile.Open(folder.Write("data.jsonl", bytes));
            _ = file.Read(0);
        }
        catch (ModelFileException)
        {
            // The sentence.
        }
    }

    [Fact]
    public void Every_epoch_has_every_line_once_and_a_split_shares_none()
    {
        using TemporaryFolder folder = Pictures();
        string lines = string.Join('\n', Enumerable.Range(0, 20).Select(i => Good.Replace("caption en", $"{i}", StringComparison.Ordinal)));
        using JsonlFile file = JsonlFile.Open(folder.Write("data.jsonl", Encoding.UTF8.GetBytes(lines)));
        JsonlExamples examples = new(file, seed: 3);
        string[] first = [.. Enumerable.Range(0, 20).Select(i => examples.Read(i).Prefix)];
        string[] second = [.. Enumerable.Range(20, 20).Select(i => examples.Read(i).Prefix)];
        Assert.Equal(20, first.Distinct().Count());
        Assert.Equal(20, second.Distinct().Count());
        Assert.NotEqual(first, second);

        (JsonlExamples training, JsonlExamples validation) = examples.Split(0.25);
        Assert.Equal((15, 5), (training.Count, validation.Count));
        Assert.Equal(
            20,
            Enumerable.Range(0, 15).Select(i => training.Read(i).Prefix).Concat(Enumerable.Range(0, 5).Select(i => validation.ReadInOrder(i).Prefix)).Distinct().Count());
        Assert.Throws<ModelFileException>(() => examples.Split(0.001));
    }

    private static TemporaryFolder Pictures()
    {
        TemporaryFolder folder = new();
        PngWriter.Save(new RgbImage(1, 1, [255, 0, 0]), folder.File("red.png"));
        PngWriter.Save(new RgbImage(1, 1, [0, 0, 255]), folder.File("blue.png"));
        return folder;
    }
}
