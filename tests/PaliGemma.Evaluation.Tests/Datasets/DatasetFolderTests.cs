using PaliGemma.Evaluation.Datasets;

namespace PaliGemma.Evaluation.Tests.Datasets;

public sealed class DatasetFolderTests : IDisposable
{
    private readonly SampleData _data = new();

    [Fact]
    public void Paths_tell_pictures_of_one_name_apart()
    {
        DatasetFolder folder = _data.WithPictures("a/1.jpg", "b/1.jpg", "b/c/2.png").Folder;
        Assert.EndsWith(Path.Combine("b", "1.jpg"), folder.Picture("b/1.jpg"), StringComparison.Ordinal);
        Assert.EndsWith("2.png", folder.Picture("elsewhere/2.png"), StringComparison.Ordinal);
        Assert.EndsWith("2.png", folder.Picture("2.jpg"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("3.jpg")]
    [InlineData("../../etc/passwd")]
    [InlineData("")]
    public void Other_pictures_are_missed_in_a_sentence(string name)
    {
        DatasetFolder folder = _data.WithPictures("a/1.jpg").Folder;
        Assert.EndsWith(".", Assert.Throws<ModelFileException>(() => folder.Picture(name)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_files_are_named() => Assert.Contains(
        "captions.jsonl",
        Assert.Throws<ModelFileException>(() => TranslatedCaptions.ReadCrossmodal(_data.Folder, ["en"])).Message,
        StringComparison.Ordinal);

    [Theory]
    [InlineData("[{\"imgname\": \"a.png\"}]", "[0].query")]
    [InlineData("[{\"imgname\": 3}]", "[0].imgname")]
    [InlineData("[3]", "[0]")]
    [InlineData("[{\"imgname\": \"a.png\", \"query\": \"?\", \"label\": []}]", "[0].label")]
    [InlineData("{\"a\": [1]}", "records")]
    [InlineData("nothing", "line 1")]
    public void Damaged_records_are_named_with_their_file_and_field(string json, string named)
    {
        _data.WithPictures("a.png").With("test_human.json", json).With("test_augmented.json", "[]");
        string message = Assert.Throws<ModelFileException>(() => ChartQa.Read(_data.Folder).ToArray()).Message;
        Assert.Contains("test_human.json", message, StringComparison.Ordinal);
        Assert.Contains(named, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Index,Question\n1,x\n")]
    [InlineData("Index,Question,Options,Correct Answer\n1,a\"b,(a) x,(a)\n")]
    [InlineData("Index,Question,Options,Correct Answer\nx,b,(a) x,(a)\n")]
    [InlineData("Index,Question,Options,Correct Answer\n1,b,(a) x,(c)\n")]
    public void Damaged_tables_are_named(string table)
    {
        _data.WithPictures("1.jpg").With("Questions.csv", table);
        string message = Assert.Throws<ModelFileException>(() => Mmvp.Read(_data.Folder).ToArray()).Message;
        Assert.Contains("Questions.csv", message, StringComparison.Ordinal);
    }

    public void Dispose() => _data.Dispose();
}
