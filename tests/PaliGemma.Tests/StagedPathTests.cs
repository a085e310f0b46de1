using PaliGemma.Checkpoints;
using PaliGemma.Imaging;

namespace PaliGemma.Tests;

public sealed class StagedPathTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_was_written_is_moved_to_its_place_and_nothing_stays_beside_it()
    {
        string file = _folder.Write("file", [1]);
        StagedPath place = new(file);
        place.Run(() => File.WriteAllBytes(place.Path, [2, 3]));
        Assert.Equal([1], File.ReadAllBytes(file));
        place.MoveFile();
        place.RemoveFile();
        Assert.Equal([2, 3], File.ReadAllBytes(Assert.Single(Directory.GetFiles(_folder.FullName))));
    }

    [Fact]
    public void Whoever_writes_a_file_names_the_place_that_cannot_be_written_and_not_the_one_beside_it()
    {
        TensorDeclaration tensor = new("a", ElementType.Float32, [1]);
        AssertNamed(path => new NpzFileWriter(path).Dispose());
        AssertNamed(path => new SafetensorsWriter(path, [tensor]).Dispose());
        AssertNamed(path => PngWriter.Save(new RgbImage(1, 1, new byte[3]), path));
        AssertNamed(path => PngWriter.CheckPlace(path));
    }

    [Fact]
    public void A_failure_is_about_the_writing_where_it_speaks_of_the_place_beside()
    {
        StagedPath place = new(_folder.File("target"));
        Assert.True(place.IsMeantBy(new IOException($"No space for '{place.Path}'.")));
        Assert.True(place.IsMeantBy(new UnauthorizedAccessException($"No entry to '{Path.Combine(place.Path, "inside")}'.")));
        Assert.False(place.IsMeantBy(new IOException("No file 'source'.")));
        Assert.False(place.IsMeantBy(new ArgumentException(place.Path)));
    }

    private void AssertNamed(Action<string> write)
    {
        // A file is no folder, whoever asks for it.
        string path = Path.Combine(_folder.Write("file", []), "target");
        string message = Assert.Throws<ModelFileException>(() => write(path)).Message;
        Assert.StartsWith($"{path} cannot be written: ", message, StringComparison.Ordinal);
        Assert.DoesNotContain(".partial", message, StringComparison.Ordinal);
        Assert.Single(Directory.GetFileSystemEntries(_folder.FullName));
    }
}
