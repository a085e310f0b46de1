using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace PaliGemma.Tests;

/// <summary>The rules of docs/architecture.md that a compiler does not know.</summary>
public partial class ArchitectureTests
{
    private static readonly string Root = Path.GetFullPath(Goldens.Path("..", ".."));

    /// <summary>What each project may reference: layers lie in one order, and arrows run down.</summary>
    private static readonly Dictionary<string, string[]> Layers = new()
    {
        ["PaliGemma.Kernels"] = [],
        ["PaliGemma"] = ["PaliGemma.Kernels"],
        ["PaliGemma.Data"] = ["PaliGemma", "PaliGemma.Kernels"],
        ["PaliGemma.Evaluation"] = ["PaliGemma.Data", "PaliGemma", "PaliGemma.Kernels"],
        ["PaliGemma.Training"] = ["PaliGemma", "PaliGemma.Kernels"],
        ["PaliGemma.Training.Cli"] = ["PaliGemma.Training", "PaliGemma.Data", "PaliGemma", "PaliGemma.Kernels"],
        ["PaliGemma.Extensions.AI"] = ["PaliGemma", "PaliGemma.Kernels"],
        ["PaliGemma.Cli"] = ["PaliGemma.Server", "PaliGemma.Evaluation", "PaliGemma.Data", "PaliGemma", "PaliGemma.Kernels"],
        ["PaliGemma.Server"] = ["PaliGemma", "PaliGemma.Kernels"],
    };

    public static TheoryData<string> Projects =>
        [.. Directory.EnumerateDirectories(Path.Combine(Root, "src")).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Projects))]
    public void References_run_one_way(string project)
    {
        Assert.True(Layers.TryGetValue(project, out string[]? allowed), $"{project} has no layer: docs/architecture.md and this test give it one.");
        Assert.Empty(References(project, "ProjectReference").Select(path => Path.GetFileNameWithoutExtension(path)).Except(allowed));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Only_kernels_are_unsafe(string project)
    {
        bool allowed = project == "PaliGemma.Kernels";
        bool blocks = Load(project).Descendants("AllowUnsafeBlocks").Any(element => element.Value == "true");
        Assert.True(allowed || !blocks, $"{project} allows unsafe blocks.");
        if (!allowed)
        {
            AssertNoSourceMatches(project, UnsafeCode());
        }
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Only_training_knows_libtorch(string project) => Assert.True(
        project == "PaliGemma.Training" || !References(project, "PackageReference").Any(name => name.Contains("Torch", StringComparison.OrdinalIgnoreCase)),
        $"{project} references libtorch.");

    [Theory]
    [MemberData(nameof(Projects))]
    public void Only_programs_talk_to_the_console_and_end_the_process(string project)
    {
        if (project is not ("PaliGemma.Cli" or "PaliGemma.Training.Cli" or "PaliGemma.Server"))
        {
            AssertNoSourceMatches(project, ProgramCode());
        }
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Namespaces_follow_folders(string project)
    {
        foreach ((string file, string text) in Sources(project))
        {
            string folder = Path.GetDirectoryName(Path.GetRelativePath(Path.Combine(Root, "src"), file))!;
            Match match = NamespaceLine().Match(text);
            Assert.True(
                !match.Success || match.Groups[1].Value == folder.Replace(Path.DirectorySeparatorChar, '.'),
                $"{file} is in the namespace {match.Groups[1].Value}.");
        }
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Files_are_named_after_what_they_hold(string project)
    {
        foreach ((string file, _) in Sources(project))
        {
            Assert.False(VagueName().IsMatch(Path.GetFileNameWithoutExtension(file)), $"{file} has a name for anything.");
        }
    }

    [Fact]
    public void Every_project_is_part_of_the_solution()
    {
        string[] listed =
        [
            .. XDocument.Load(Path.Combine(Root, "PaliGemma.slnx")).Descendants("Project")
                .Select(project => Path.GetFullPath(Path.Combine(Root, project.Attribute("Path")!.Value))),
        ];
        string[] present =
        [
            .. new[] { "src", "tests", "samples", "benchmarks" }.Select(folder => Path.Combine(Root, folder)).Where(Directory.Exists)
                .SelectMany(folder => Directory.EnumerateFiles(folder, "*.csproj", SearchOption.AllDirectories)),
        ];
        Assert.Equal(present.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    private static void AssertNoSourceMatches(string project, Regex forbidden)
    {
        foreach ((string file, string text) in Sources(project))
        {
            Match match = forbidden.Match(text);
            Assert.False(match.Success, $"{file} has {match.Value.Trim()}.");
        }
    }

    private static IEnumerable<(string File, string Text)> Sources(string project)
    {
        string[] built = [Path.Combine(Root, "src", project, "bin"), Path.Combine(Root, "src", project, "obj")];
        return Directory.EnumerateFiles(Path.Combine(Root, "src", project), "*.cs", SearchOption.AllDirectories)
            .Where(file => !built.Any(folder => file.StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal)))
            .Select(file => (file, File.ReadAllText(file)));
    }

    private static IEnumerable<string> References(string project, string kind) =>
        Load(project).Descendants(kind).Select(reference => reference.Attribute("Include")!.Value);

    private static XDocument Load(string project) => XDocument.Load(Path.Combine(Root, "src", project, project + ".csproj"));

    /// <summary>Code, not comments: at the start of a line there is at least one character that is no slash.</summary>
    [GeneratedRegex(@"^[^/\n]*(\bunsafe\b|\bfixed \(|\bstackalloc \w+\*|\bUnsafe\.|\[(DllImport|LibraryImport)\()", RegexOptions.Multiline)]
    private static partial Regex UnsafeCode();

    [GeneratedRegex(@"^[^/\n]*\b(Console\.|Environment\.Exit\()", RegexOptions.Multiline)]
    private static partial Regex ProgramCode();

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex NamespaceLine();

    [GeneratedRegex("(Utils?|Utilities|Helpers?|Common|Misc|Manager)$")]
    private static partial Regex VagueName();
}
