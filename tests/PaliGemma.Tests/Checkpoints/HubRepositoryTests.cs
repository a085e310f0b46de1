using FsCheck.Xunit;
using PaliGemma.Checkpoints;

namespace PaliGemma.Tests.Checkpoints;

public class HubRepositoryTests
{
    private const string Alphabet = "abc...//\\-_:@~";

    [Theory]
    [InlineData("google/paligemma-3b-mix-224", "google/paligemma-3b-mix-224", "main")]
    [InlineData("google/paligemma-3b-mix-224@bfloat16", "google/paligemma-3b-mix-224", "bfloat16")]
    [InlineData("a_b/C.d-2@refs/pr/1", "a_b/C.d-2", "refs/pr/1")]
    public void Owner_name_and_revision_are_read(string text, string name, string revision)
    {
        HubRepository repository = HubRepository.Parse(text);
        Assert.Equal((name, revision), (repository.Name, repository.Revision));
        Assert.Equal(text, repository.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("gemma")]
    [InlineData("/gemma")]
    [InlineData("google/")]
    [InlineData("google/a/b")]
    [InlineData("google/..")]
    [InlineData("../gemma")]
    [InlineData("google/a--b")]
    [InlineData("google/a b")]
    [InlineData("google\\gemma")]
    [InlineData("C:/gemma")]
    [InlineData("google/gemma@")]
    [InlineData("google/gemma@../../x")]
    [InlineData("google/gemma@a//b")]
    [InlineData("google/gemma@/a")]
    [InlineData("google/gemma@.hidden")]
    [InlineData("google/gemma@a\\b")]
    [InlineData("google/gemma@main\n")]
    public void Other_texts_are_refused(string text) =>
        Assert.Throws<ArgumentException>(() => HubRepository.Parse(text));

    [Property]
    public void What_is_accepted_stays_inside_the_cache(byte[] name, byte[] revision)
    {
        HubRepository repository;
        try
        {
            repository = new HubRepository("a" + Text(name) + "/b" + Text(revision), "c" + Text(revision));
        }
        catch (ArgumentException)
        {
            return;
        }
        HubCache cache = new(new HubSettings { CacheFolder = Path.GetFullPath("cache"), AssetsFolder = Path.GetFullPath("assets") });
        string folder = cache.SnapshotFolder(repository, new string('a', 40));
        Assert.Equal(folder, Path.GetFullPath(folder));
        Assert.StartsWith(cache.Folder + Path.DirectorySeparatorChar, folder, StringComparison.Ordinal);

        static string Text(byte[] choices) => string.Concat((choices ?? []).Select(choice => Alphabet[choice % Alphabet.Length]));
    }
}
