using System.Text.Json.Nodes;
using PaliGemma.Checkpoints;
using PaliGemma.Configuration;

namespace PaliGemma.Tests.Checkpoints;

public class ShardedSafetensorsWriterTests
{
    /// <summary>Model E was saved with a limit that lies between its first shard and that with one tensor more.</summary>
    private const long ShardSizeOfE = 720_000;

    [Fact]
    public void The_shards_of_the_reference_are_rewritten_byte_for_byte()
    {
        string source = Goldens.Path("models", "E");
        using TemporaryFolder folder = new();
        Rewrite(source, folder.FullName, ShardSizeOfE);
        string[] shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
        const string Index = "model.safetensors.index.json";
        Assert.Equal(
            [.. shards, Index],
            Directory.EnumerateFiles(folder.FullName).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
        Assert.All(shards, file => Assert.Equal(File.ReadAllBytes(Path.Combine(source, file)), File.ReadAllBytes(folder.File(file))));
        Assert.True(JsonNode.DeepEquals(
            JsonNode.Parse(File.ReadAllText(Path.Combine(source, Index))), JsonNode.Parse(File.ReadAllText(folder.File(Index)))));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(20_000)]
    [InlineData(100_000)]
    public void Shards_of_any_size_open_as_the_same_checkpoint(long shardSize)
    {
        using TemporaryFolder folder = new();
        Rewrite(Goldens.Path("models", "E"), folder.FullName, shardSize);
        foreach (string path in Directory.EnumerateFiles(folder.FullName, "*.safetensors"))
        {
            using SafetensorsFile shard = SafetensorsFile.Open(path);
            Assert.True(shard.Names.Count == 1 || shard.Names.Sum(name => shard.Get(name).Data.Length) <= shardSize);
        }
        using Checkpoint expected = Checkpoint.Open(Goldens.Path("models", "E"));
        using Checkpoint actual = Checkpoint.Open(folder.FullName);
        Assert.Equal(expected.Names.Order(StringComparer.Ordinal), actual.Names.Order(StringComparer.Ordinal));
        foreach (string name in expected.Names)
        {
            Assert.Equal(Bytes(Find(expected, name)), Bytes(Find(actual, name)));
        }
    }

    [Fact]
    public void A_checkpoint_that_fits_is_one_file_without_an_index()
    {
        using TemporaryFolder folder = new();
        Rewrite(Goldens.Path("models", "E"), folder.FullName, ShardedSafetensorsWriter.DefaultShardSize);
        Assert.Equal([folder.File("model.safetensors")], Directory.EnumerateFiles(folder.FullName));
    }

    [Fact]
    public void Without_a_commit_nothing_is_left()
    {
        using TemporaryFolder folder = new();
        TensorDeclaration[] tensors = [new("a", ElementType.UInt8, [2]), new("b", ElementType.UInt8, [2])];
        using (ShardedSafetensorsWriter writer = new(folder.FullName, tensors, shardSize: 2))
        {
            writer.Write("a", 0, [1, 2]);
            Assert.Equal(2, Directory.EnumerateFiles(folder.FullName).Count());
        }
        Assert.Empty(Directory.EnumerateFiles(folder.FullName));
    }

    private static void Rewrite(string source, string destination, long shardSize)
    {
        using Checkpoint checkpoint = Checkpoint.Open(source);
        string[] names = [.. TensorLayout.Of(PaliGemmaConfig.Load(source)).Select(entry => entry.Name)];
        using ShardedSafetensorsWriter writer = new(
            destination, [.. names.Select(name => SafetensorsWriterTests.Declared(Find(checkpoint, name)))], shardSize);
        foreach (string name in names)
        {
            SafetensorsWriterTests.WriteInPieces(Find(checkpoint, name), (start, data) => writer.Write(name, start, data));
        }
        writer.Commit();
    }

    private static StoredTensor Find(Checkpoint checkpoint, string name)
    {
        Assert.True(checkpoint.TryGet(name, out StoredTensor tensor));
        return tensor;
    }

    private static byte[] Bytes(StoredTensor tensor) => tensor.Data.Span<byte>(0, (int)tensor.Data.Length).ToArray();
}
