using System.Text;
using PaliGemma.Configuration;
using PaliGemma.Kernels;

namespace PaliGemma.Tests.Configuration;

public sealed class JsonListReaderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Items_of_every_list_and_members_are_found_where_they_stand()
    {
        const string Json = """{"a": 1, "list": [1, "two", {"b": [3]}, [], null], "c": {"list": [0]}, "empty": [], "more": [true]} """;
        Assert.Equal(
            ["list[0] 1", "list[1] \"two\"", "list[2] {\"b\": [3]}", "list[3] []", "list[4] null", "c{0} {\"list\": [0]}", "more[0] true"],
            Items(Json));
    }

    [Fact]
    public void Items_may_be_longer_than_what_is_looked_at_together()
    {
        string big = '"' + new string('x', 3_000_000) + '"';
        string[] expected = [.. Enumerable.Range(0, 5).Select(i => i % 2 == 0 ? big : "[1, 2]")];
        string json = $$"""{"before": {{big}}, "list": [{{string.Join(", ", expected)}}], "after": [{{big}}]}""";
        Assert.Equal([.. expected.Select((item, i) => $"list[{i}] {item}"), $"after[0] {big}"], Items(json));
    }

    [Fact]
    public void A_file_may_be_one_list() => Assert.Equal(["[0] {\"a\": [1]}", "[1] [2]"], Items("""[{"a": [1]}, [2]]"""));

    [Theory]
    [InlineData("[1] 2")]
    [InlineData("[1")]
    [InlineData("{} {}")]
    public void What_is_not_one_object_or_list_is_refused(string json) => Assert.Throws<ModelFileException>(() => Items(json));

    [Fact]
    public void An_error_names_its_line()
    {
        string json = "{\"list\": [\n" + string.Concat(Enumerable.Repeat("{\"number\": 12345},\n", 200_000)) + "?]}";
        ModelFileException error = Assert.Throws<ModelFileException>(() => Items(json));
        Assert.Contains("line 200002 ", error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private List<string> Items(string json)
    {
        string path = _folder.Write("lists.json", Encoding.UTF8.GetBytes(json));
        using MappedFile file = new(path);
        JsonListReader reader = new(path, file.Region);
        List<string> items = [];
        while (reader.Read())
        {
            string text = Encoding.UTF8.GetString(file.Region.Span<byte>(reader.Start, reader.Length));
            items.Add(reader.Member.Length > 0 ? $"{reader.Member}{{{reader.Index}}} {text}" : $"{reader.List}[{reader.Index}] {text}");
        }
        return items;
    }
}
