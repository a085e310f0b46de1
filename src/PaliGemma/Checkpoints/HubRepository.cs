using System.Text.RegularExpressions;

namespace PaliGemma.Checkpoints;

/// <summary>A model repository of the hub, at a revision.</summary>
public sealed partial record HubRepository
{
    private const int LongestRevision = 200;

    /// <summary>Names a repository.</summary>
    /// <param name="name">Its owner and name, for instance <c>google/paligemma-3b-mix-224</c>.</param>
    /// <param name="revision">A branch, tag or commit.</param>
    /// <exception cref="ArgumentException">The name or the revision has a form that the hub does not allow.</exception>
    public HubRepository(string name, string revision = "main")
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(revision);
        // Both become folders of the cache: whatever could lead out of it is refused by these rules.
        if (name.Split('/') is not [{ } owner, { } ownName] || !IsName(owner) || !IsName(ownName))
        {
            throw new ArgumentException(
                $"'{name}' is not a repository; expected a name such as google/paligemma-3b-mix-224.", nameof(name));
        }
        if (revision.Length > LongestRevision || !RevisionPattern.IsMatch(revision) || revision.Contains("..", StringComparison.Ordinal))
        {
            throw new ArgumentException(
                $"'{revision}' is not a revision; expected a branch, tag or commit such as bfloat16.", nameof(revision));
        }
        Name = name;
        Revision = revision;
    }

    /// <summary>Owner and name, with a slash between them.</summary>
    public string Name { get; }

    /// <summary>A branch, tag or commit.</summary>
    public string Revision { get; }

    [GeneratedRegex(@"\A[A-Za-z0-9_]([A-Za-z0-9_.-]{0,94}[A-Za-z0-9_])?\z", RegexOptions.CultureInvariant)]
    private static partial Regex NamePattern { get; }

    [GeneratedRegex(@"\A[A-Za-z0-9_+-][A-Za-z0-9_.+-]*(/[A-Za-z0-9_+-][A-Za-z0-9_.+-]*)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex RevisionPattern { get; }

    /// <summary>Reads <c>owner/name</c> or <c>owner/name@revision</c>.</summary>
    /// <exception cref="ArgumentException">The text has another form.</exception>
    public static HubRepository Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int at = text.IndexOf('@', StringComparison.Ordinal);
        return at < 0 ? new HubRepository(text) : new HubRepository(text[..at], text[(at + 1)..]);
    }

    /// <summary>The text that <see cref="Parse"/> reads.</summary>
    public override string ToString() => Revision == "main" ? Name : $"{Name}@{Revision}";

    private static bool IsName(string part) =>
        NamePattern.IsMatch(part) && !part.Contains("--", StringComparison.Ordinal) && !part.Contains("..", StringComparison.Ordinal);
}
