using PaliGemma.Checkpoints;

namespace PaliGemma.Tests.Checkpoints;

public sealed class NpzFileWriterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Arrays_are_read_as_they_were_written()
    {
        string path = _folder.File("a.npz");
        float[] values = [1.5f, -2, 0.1f, 0, 3, 1e-3f];
        using (NpzFileWriter writer = new(path))
        {
            writer.Write("wide", values, [2, 3], ElementType.Float32);
            writer.Write("narrow", values, [3, 2, 1], ElementType.Float16);
            writer.Write("scalar", [7], [], ElementType.Float32);
            writer.Commit();
        }
        using NpzFile file = NpzFile.Open(path);
        Assert.Equal(["narrow", "scalar", "wide"], file.Names.Order(StringComparer.Ordinal));
        Assert.Equal([2, 3], file.Get("wide").Shape);
        Assert.Equal(values, file.Get("wide").Data.Span<float>(0, 6).ToArray());
        Assert.Equal([3, 2, 1], file.Get("narrow").Shape);
        Assert.Equal(values.Select(value => (Half)value), file.Get("narrow").Data.Span<Half>(0, 6).ToArray());
        Assert.Empty(file.Get("scalar").Shape);
    }

    [Fact]
    public void The_same_arrays_make_the_same_file()
    {
        Assert.Equal(Write("a.npz"), Write("b.npz"));

        byte[] Write(string name)
        {
            using NpzFileWriter writer = new(_folder.File(name));
            writer.Write("x", [1, 2], [2], ElementType.Float32);
            writer.Commit();
            return File.ReadAllBytes(_folder.File(name));
        }
    }

    [Fact]
    public void What_is_not_committed_leaves_nothing()
    {
        string path = _folder.Write("a.npz", "before"u8);
        using (NpzFileWriter writer = new(path))
        {
            writer.Write("x", [1], [1], ElementType.Float32);
        }
        Assert.Equal("before", File.ReadAllText(path));
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(path)!));
    }

    [Fact]
    public void Shapes_and_types_that_do_not_fit_are_refused()
    {
        using NpzFileWriter writer = new(_folder.File("a.npz"));
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Write("x", [1, 2], [3], ElementType.Float32));
        Assert.Throws<ArgumentException>(() => writer.Write("x", [1, 2], [2], ElementType.Int8));
    }
}
