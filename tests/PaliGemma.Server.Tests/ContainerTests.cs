using PaliGemma.Tests;

namespace PaliGemma.Server.Tests;

/// <summary>What can be said of the container without building it.</summary>
public class ContainerTests
{
    private static readonly string Root = Path.GetFullPath(Goldens.Path("..", ".."));

    [Fact]
    public void Its_build_follows_the_same_rules_as_any_other()
    {
        // Without the first of them, names that are allowed here are errors there.
        string[] rules =
        [
            .. new[] { ".editorconfig", "*.props", "*.targets", "global.json" }
                .SelectMany(pattern => Directory.EnumerateFiles(Root, pattern))
                .Select(file => Path.GetFileName(file)),
        ];
        Assert.Contains(".editorconfig", rules);
        Assert.Contains("Directory.Build.props", rules);
        string[] sent =
        [
            .. File.ReadLines(Path.Combine(Root, ".dockerignore")).Where(line => line.StartsWith('!')).Select(line => line[1..]),
        ];
        string[] copied =
        [
            .. Instructions("COPY").Where(line => !line.Contains("--from", StringComparison.Ordinal))
                .SelectMany(line => line.Split(' ')[1..^1]).Select(path => path.TrimEnd('/')),
        ];
        Assert.Empty(rules.Except(sent));
        Assert.Empty(rules.Except(copied));
        Assert.Empty(copied.Except(sent));
    }

    [Fact]
    public void It_runs_without_root_and_listens_where_it_says()
    {
        Assert.Equal("USER $APP_UID", Assert.Single(Instructions("USER")));
        Assert.Contains("\"--address\", \"0.0.0.0\"", Assert.Single(Instructions("ENTRYPOINT")), StringComparison.Ordinal);
        Assert.Equal($"EXPOSE {new ServerOptions().Port}", Assert.Single(Instructions("EXPOSE")));
    }

    private static IEnumerable<string> Instructions(string name) =>
        File.ReadLines(Path.Combine(Root, "Dockerfile")).Where(line => line.StartsWith(name + " ", StringComparison.Ordinal));
}
