using System.Text.Json;
using PaliGemma.Data.Annotations;
using PaliGemma.Data.Shapes;
using PaliGemma.Imaging;
using PaliGemma.Tests;

namespace PaliGemma.Data.Tests.Shapes;

public sealed class SceneFolderTests : IDisposable
{
    private const ulong Seed = 11;
    private const int Count = 30;

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void What_is_written_is_what_was_drawn()
    {
        string path = _folder.File("scenes");
        SceneFolder.Write(path, Seed, Count);
        SceneGenerator generator = new(Seed, new SceneOptions());
        AnnotationSource source = new(AnnotationFormat.Coco, Path.Combine(path, SceneFolder.Instances)) { WithMasks = true };
        using AnnotationReader reader = AnnotationReader.Open(source);
        AnnotatedImage[] images = [.. Enumerable.Range(0, reader.Count).Select(reader.Read)];
        Assert.Equal(Count, images.Length);
        for (int index = 0; index < Count; index++)
        {
            Scene scene = generator.Draw(index);
            Assert.Equal(scene.Image.Pixels, ImageFile.Load(Path.Combine(path, images[index].Path)).Pixels);
            Assert.Equal(
                scene.Shapes.Select(
                    shape => ($"{shape.Color} {shape.Kind}".ToLowerInvariant(), shape.Mask.ToRunLengths().ToCompressedString())),
                images[index].Objects.Select(marked => (marked.Label, marked.Mask!.Runs.ToCompressedString())));
        }
    }

    [Fact]
    public void Every_task_is_asked_once_about_each_scene()
    {
        string path = _folder.File("scenes");
        SceneFolder.Write(path, Seed, Count);
        JsonElement[] lines =
            [.. File.ReadLines(Path.Combine(path, SceneFolder.Questions)).Select(line => JsonDocument.Parse(line).RootElement)];
        SceneGenerator generator = new(Seed, new SceneOptions());
        SceneExaminer examiner = new(Seed);
        SceneTask[] tasks = Enum.GetValues<SceneTask>();
        Assert.Equal(Count * tasks.Length, lines.Select(line => line.GetProperty("id").GetString()).Distinct().Count());
        Assert.Equal(
            Enumerable.Range(0, Count).SelectMany(_ => tasks.Select(task => task.ToString().ToLowerInvariant())),
            lines.Select(line => line.GetProperty("subset").GetString()));
        Assert.Equal(
            Enumerable.Range(0, Count)
                .Select(index => examiner.Ask(generator.Draw(index), index, SceneTask.Answer))
                .Select(one => (one.Prefix, one.Suffix)),
            lines.Where(line => line.GetProperty("subset").GetString() == "answer")
                .Select(line => (line.GetProperty("prefix").GetString()!, line.GetProperty("suffix").GetString()!)));
        Assert.All(lines, line => Assert.DoesNotContain("<seg", line.GetProperty("suffix").GetString(), StringComparison.Ordinal));
    }

    [Fact]
    public void A_folder_with_scenes_is_not_written_over_and_a_stopped_run_leaves_nothing()
    {
        string path = _folder.File("scenes");
        SceneFolder.Write(path, Seed, 1);
        string questions = File.ReadAllText(Path.Combine(path, SceneFolder.Questions));
        string message = Assert.Throws<ModelFileException>(() => SceneFolder.Write(path, Seed, 2)).Message;
        Assert.Contains(SceneFolder.Questions, message, StringComparison.Ordinal);
        Assert.Equal(questions, File.ReadAllText(Path.Combine(path, SceneFolder.Questions)));
        using CancellationTokenSource stop = new();
        Assert.ThrowsAny<OperationCanceledException>(
            () => SceneFolder.Write(_folder.File("stopped"), Seed, 5, _ => stop.Cancel(), stop.Token));
        Assert.Equal([path], Directory.EnumerateFileSystemEntries(_folder.FullName));
    }

    public void Dispose() => _folder.Dispose();
}
