using FsCheck.Xunit;
using PaliGemma.Checkpoints;

namespace PaliGemma.Tests.Checkpoints;

public class SafetensorsWriterTests
{
    [Theory]
    [InlineData("A", "model.safetensors")]
    [InlineData("A-bf16", "model.safetensors")]
    [InlineData("A-fp16", "model.safetensors")]
    [InlineData("E", "model-00001-of-00002.safetensors")]
    public void A_file_of_the_reference_is_rewritten_byte_for_byte(string model, string name)
    {
        string original = Goldens.Path("models", model, name);
        using TemporaryFolder folder = new();
        using SafetensorsFile source = SafetensorsFile.Open(original);
        // The order of declaration must not matter.
        string[] names = [.. source.Names.OrderByDescending(tensor => tensor.Length)];
        using (SafetensorsWriter writer = new(folder.File(name), [.. names.Select(source.Get).Select(Declared)]))
        {
            foreach (string tensor in names)
            {
                WriteInPieces(source.Get(tensor), (start, data) => writer.Write(tensor, start, data));
            }
            writer.Commit();
        }
        Assert.Equal(File.ReadAllBytes(original), File.ReadAllBytes(folder.File(name)));
    }

    [Property(MaxTest = 50)]
    public void What_is_written_is_read_back(int seed)
    {
        Random random = new(seed);
        ElementType[] types = Enum.GetValues<ElementType>();
        Dictionary<TensorDeclaration, byte[]> tensors = [];
        int count = random.Next(6);
        for (int i = 0; i < count; i++)
        {
            long[] shape = [.. Enumerable.Range(0, random.Next(4)).Select(_ => (long)random.Next(4))];
            TensorDeclaration tensor = new($"é\"\\\n{i}", types[random.Next(types.Length)], shape);
            tensors[tensor] = new byte[tensor.ByteLength];
            random.NextBytes(tensors[tensor]);
        }
        using TemporaryFolder folder = new();
        string path = folder.File("x.safetensors");
        using (SafetensorsWriter writer = new(path, tensors.Keys, new Dictionary<string, string> { ["author"] = "β", ["a"] = "\"" }))
        {
            foreach ((TensorDeclaration tensor, byte[] data) in tensors)
            {
                writer.Write(tensor.Name, 0, data);
            }
            writer.Commit();
        }
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal(tensors.Keys.Select(tensor => tensor.Name).Order(StringComparer.Ordinal), file.Names.Order(StringComparer.Ordinal));
        foreach ((TensorDeclaration tensor, byte[] data) in tensors)
        {
            StoredTensor read = file.Get(tensor.Name);
            Assert.Equal(tensor.Type, read.Type);
            Assert.Equal(tensor.Shape, read.Shape);
            Assert.Equal(data, read.Data.Span<byte>(0, data.Length).ToArray());
        }
        Assert.Equal(0, BitConverter.ToInt64(File.ReadAllBytes(path), 0) % 8);
    }

    [Fact]
    public void A_file_is_replaced_only_when_the_new_one_is_complete()
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("x.safetensors", "old"u8);
        using (SafetensorsWriter writer = new(path, [new TensorDeclaration("a", ElementType.UInt8, [2])]))
        {
            writer.Write("a", 0, [1]);
            InvalidOperationException error = Assert.Throws<InvalidOperationException>(writer.Commit);
            Assert.Contains("1 of the 2 bytes of tensor a", error.Message, StringComparison.Ordinal);
        }
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Equal([path], Directory.EnumerateFiles(folder.FullName));
    }

    [Fact]
    public void What_was_not_declared_cannot_be_written()
    {
        using TemporaryFolder folder = new();
        using SafetensorsWriter writer = new(folder.File("x.safetensors"), [new TensorDeclaration("a", ElementType.UInt8, [2])]);
        Assert.Throws<ArgumentException>(() => writer.Write("b", 0, [1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Write("a", 0, [1, 2, 3]));
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Write("a", 1, [1, 2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Write("a", -1, [1]));
    }

    [Fact]
    public void A_name_cannot_be_declared_twice_and_nothing_is_left()
    {
        using TemporaryFolder folder = new();
        TensorDeclaration tensor = new("a", ElementType.UInt8, [2]);
        Assert.Throws<ArgumentException>(() => new SafetensorsWriter(folder.File("x.safetensors"), [tensor, tensor]));
        Assert.Throws<ArgumentException>(() => new ShardedSafetensorsWriter(folder.FullName, [tensor, tensor], shardSize: 1));
        Assert.Empty(Directory.EnumerateFiles(folder.FullName));
    }

    internal static TensorDeclaration Declared(StoredTensor tensor) => new(tensor.Name, tensor.Type, tensor.Shape);

    /// <summary>Odd pieces, last one first.</summary>
    internal static void WriteInPieces(StoredTensor tensor, Action<long, byte[]> write)
    {
        const int Piece = 4999;
        for (long start = (tensor.Data.Length - 1) / Piece * Piece; start >= 0; start -= Piece)
        {
            write(start, tensor.Data.Span<byte>(start, (int)Math.Min(Piece, tensor.Data.Length - start)).ToArray());
        }
    }
}
