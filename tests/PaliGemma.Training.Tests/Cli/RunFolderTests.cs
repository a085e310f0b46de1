using PaliGemma.Tests;
using PaliGemma.Training.Cli;

namespace PaliGemma.Training.Tests.Cli;

public sealed class RunFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_run_is_made_in_the_folder_that_is_there_also_where_one_was_killed_while_it_was_made()
    {
        Directory.CreateDirectory(_folder.File("training.partial"));
        _folder.Write("training.partial/command.json", "{"u8);
        RunFolder run = new(_folder.FullName);
        run.Create(["--steps", "3"]);
        Assert.Equal(["--steps", "3"], run.ReadCommand().Arguments);
        Assert.Equal([_folder.File("training")], Directory.EnumerateFileSystemEntries(_folder.FullName));
        Assert.Contains("holds a run already", Assert.Throws<IOException>(() => run.Create([])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_holds_something_is_for_no_new_run()
    {
        _folder.Write("notes.txt", "mine"u8);
        Assert.Contains("is not empty", Assert.Throws<IOException>(() => new RunFolder(_folder.FullName).CheckIsFree()).Message, StringComparison.Ordinal);
    }
}
