namespace PaliGemma.Checkpoints;

/// <summary>
/// Downloaded files on this machine, in the layout of Python's huggingface_hub, so that both use one copy. A repository has the folder
/// <c>models--OWNER--NAME</c> with its files by their digest in <c>blobs</c>, a folder per commit in <c>snapshots</c> whose files are
/// symbolic links to them, and in <c>refs</c> the commit that a branch or tag had last. Where links are not possible, the files themselves
/// stand in <c>snapshots</c>.
/// </summary>
public sealed class HubCache
{
    private readonly HubSettings _settings;

    /// <summary>The cache at a place of one's own.</summary>
    public HubCache(HubSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        _settings = settings;
    }

    /// <summary>The folder of repositories.</summary>
    public string Folder => _settings.CacheFolder;

    /// <summary>Where the decoder of segmentation masks is kept, whether or not it is there.</summary>
    public string MaskDecoderPath => Path.Combine(_settings.AssetsFolder, "paligemma", _settings.MaskDecoder.Name);

    /// <summary>The cache that the environment variables say.</summary>
    /// <exception cref="HubException">A variable has a value that cannot be used.</exception>
    public static HubCache FromEnvironment() => new(HubSettings.FromEnvironment());

    /// <summary>The model folder of a repository; null where it has not been pulled.</summary>
    public string? Find(HubRepository repository)
    {
        ArgumentNullException.ThrowIfNull(repository);
        string? commit = IsCommit(repository.Revision) ? repository.Revision : ReadRef(repository);
        string? folder = commit is null ? null : SnapshotFolder(repository, commit);
        return Directory.Exists(folder) ? folder : null;
    }

    /// <summary>The file with the decoder of segmentation masks; null where it has not been pulled.</summary>
    public string? FindMaskDecoder() => FileLength.Find(MaskDecoderPath) == _settings.MaskDecoder.Size ? MaskDecoderPath : null;

    /// <summary>Whether a text is the full name of a commit.</summary>
    internal static bool IsCommit(string text) => text.Length == 40 && text.All(char.IsAsciiHexDigitLower);

    /// <summary>The folder of a commit's files.</summary>
    internal string SnapshotFolder(HubRepository repository, string commit) =>
        Path.Combine(RepositoryFolder(repository), "snapshots", commit);

    /// <summary>The place of a content.</summary>
    internal string BlobPath(HubRepository repository, HubHash hash) => Path.Combine(RepositoryFolder(repository), "blobs", hash.Text);

    /// <summary>The lock that a program holds while it writes a content; huggingface_hub takes the same.</summary>
    internal string LockPath(HubRepository repository, HubHash hash) =>
        Path.Combine(Folder, ".locks", FolderName(repository), hash.Text + ".lock");

    /// <summary>Makes a content appear in a snapshot. The caller holds the content's lock.</summary>
    /// <param name="blob">The content.</param>
    /// <param name="path">Its path in the snapshot.</param>
    /// <param name="isNew">Whether no other snapshot can need the content where it is.</param>
    internal void Place(string blob, string path, bool isNew)
    {
        string folder = Path.GetDirectoryName(path)!;
        Directory.CreateDirectory(folder);
        File.Delete(path); // A link that leads nowhere, or a file of the wrong length.
        if (_settings.Links && TryLink(path, Path.GetRelativePath(folder, blob)))
        {
            return;
        }
        if (isNew)
        {
            File.Move(blob, path);
            return;
        }
        string copy = path + ".incomplete";
        File.Copy(blob, copy, overwrite: true);
        File.Move(copy, path);
    }

    /// <summary>Notes the commit that a branch or tag has.</summary>
    internal void WriteRef(HubRepository repository, string commit)
    {
        if (IsCommit(repository.Revision) || ReadRef(repository) == commit)
        {
            return;
        }
        string path = RefPath(repository);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        // Outside refs, where every file counts as a branch.
        string temporary = Path.Combine(RepositoryFolder(repository), Path.GetRandomFileName());
        File.WriteAllText(temporary, commit);
        File.Move(temporary, path, overwrite: true);
    }

    private static bool TryLink(string path, string target)
    {
        try
        {
            File.CreateSymbolicLink(path, target);
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string FolderName(HubRepository repository) => "models--" + repository.Name.Replace("/", "--", StringComparison.Ordinal);

    private string RepositoryFolder(HubRepository repository) => Path.Combine(Folder, FolderName(repository));

    private string RefPath(HubRepository repository) =>
        Path.Combine([RepositoryFolder(repository), "refs", .. repository.Revision.Split('/')]);

    private string? ReadRef(HubRepository repository)
    {
        string path = RefPath(repository);
        if (!File.Exists(path) || FileLength.Find(path) is not <= 100)
        {
            return null;
        }
        string commit = File.ReadAllText(path).Trim();
        return IsCommit(commit) ? commit : null;
    }
}
