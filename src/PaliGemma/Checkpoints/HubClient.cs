using System.Net;

namespace PaliGemma.Checkpoints;

/// <summary>Downloads models from the Hugging Face hub into the <see cref="HubCache"/>.</summary>
/// <example>
/// <code>
/// using HubClient hub = new(HubSettings.FromEnvironment());
/// string folder = await hub.PullAsync(HubRepository.Parse("google/paligemma-3b-mix-224@bfloat16"));
/// using var model = PaliGemmaPipeline.Load(folder);
/// </code>
/// </example>
public sealed class HubClient : IDisposable
{
    private readonly HubSettings _settings;
    private readonly HubConnection _connection;

    /// <summary>Creates a client.</summary>
    /// <exception cref="HubException">The token's file holds something else.</exception>
    public HubClient(HubSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        _settings = settings;
        _connection = new HubConnection(settings);
        Cache = new HubCache(settings);
    }

    /// <summary>Where the files go.</summary>
    public HubCache Cache { get; }

    /// <summary>
    /// Makes sure that the files which a model needs are in the cache, as they are now at the revision: configuration, tokenizer, and
    /// safetensors or, where a repository has none, big_vision's .npz. Length and digest of each file are verified; what was interrupted is
    /// continued, now or by the next call.
    /// </summary>
    /// <param name="repository">The repository.</param>
    /// <param name="progress">Is told what has arrived, from any thread and often.</param>
    /// <param name="cancellation">Ends the download; what has arrived is kept.</param>
    /// <returns>The model's folder.</returns>
    /// <exception cref="HubException">The files cannot be had.</exception>
    /// <exception cref="IOException">The cache cannot be written.</exception>
    public async Task<string> PullAsync(
        HubRepository repository, IProgress<HubProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(repository);
        if (_settings.Offline)
        {
            return Cache.Find(repository)
                ?? throw new HubException($"{repository} is not in {Cache.Folder}, and HF_HUB_OFFLINE forbids to download it.");
        }
        HubRefusal refusal = new(_settings, _connection, repository);
        HubListing listing = await ListAsync(repository, refusal, cancellation).ConfigureAwait(false);
        List<HubFile> files = [];
        foreach (string name in listing.ModelFiles(repository))
        {
            files.Add(await DescribeAsync(repository, listing.Commit, name, refusal, cancellation).ConfigureAwait(false));
        }
        string folder = Cache.SnapshotFolder(repository, listing.Commit);
        Directory.CreateDirectory(Cache.Folder);
        DiskSpace.Require(Cache.Folder, files.Sum(file => Missing(repository, folder, file)));
        foreach (HubFile file in files)
        {
            await FetchAsync(repository, folder, file, refusal, progress, cancellation).ConfigureAwait(false);
        }
        // Last: until then, the branch stands for the commit whose files are all here.
        Cache.WriteRef(repository, listing.Commit);
        return folder;
    }

    /// <summary>Makes sure that big_vision's decoder of segmentation masks (<c>vae-oid.npz</c>) is in the cache.</summary>
    /// <param name="progress">Is told what has arrived.</param>
    /// <param name="cancellation">Ends the download; what has arrived is kept.</param>
    /// <returns>The file.</returns>
    /// <exception cref="HubException">The file cannot be had.</exception>
    /// <exception cref="IOException">The cache cannot be written.</exception>
    public async Task<string> PullMaskDecoderAsync(IProgress<HubProgress>? progress = null, CancellationToken cancellation = default)
    {
        HubFile file = _settings.MaskDecoder;
        string path = Cache.MaskDecoderPath;
        if (!IsThere(path, file))
        {
            if (_settings.Offline)
            {
                throw new HubException($"The mask decoder is not at {path}, and HF_HUB_OFFLINE forbids to download it.");
            }
            using HubLock held = await LockAsync(path + ".lock", file, progress, cancellation).ConfigureAwait(false);
            // Another program may have brought it meanwhile.
            if (!IsThere(path, file))
            {
                DiskSpace.Require(Path.GetDirectoryName(path)!, file.Size);
                await DownloadAsync(file, path, HubRefusal.OfServer, progress, cancellation).ConfigureAwait(false);
            }
        }
        progress?.Report(new HubProgress(file.Name, file.Size, file.Size));
        return path;
    }

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    private Task<HubListing> ListAsync(HubRepository repository, HubRefusal refusal, CancellationToken cancellation) => NewRetry().RunAsync(
        async () =>
        {
            Uri address = _settings.At($"api/models/{repository.Name}/revision/{Uri.EscapeDataString(repository.Revision)}");
            using HubResponse response = await _connection.SendAsync(HttpMethod.Get, address, 0, cancellation).ConfigureAwait(false);
            return response.Status == HttpStatusCode.OK
                ? HubListing.Parse(await ReadListingAsync(repository, response, cancellation).ConfigureAwait(false), repository)
                : throw refusal.OfRepository(response);
        },
        cancellation);

    private async Task<ReadOnlyMemory<byte>> ReadListingAsync(
        HubRepository repository, HubResponse response, CancellationToken cancellation)
    {
        using MemoryStream json = new();
        byte[] buffer = new byte[1 << 14];
        Stream body = await response.Message.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        for (int read; (read = await _connection.ReadAsync(response, body, buffer, cancellation).ConfigureAwait(false)) > 0;)
        {
            json.Write(buffer, 0, read);
            if (json.Length > HubListing.Longest)
            {
                throw new HubException($"The hub's list of {repository.Name} is longer than {HubListing.Longest:N0} bytes.");
            }
        }
        return json.GetBuffer().AsMemory(0, (int)json.Length);
    }

    private Task<HubFile> DescribeAsync(
        HubRepository repository, string commit, string name, HubRefusal refusal, CancellationToken cancellation) => NewRetry().RunAsync(
        async () =>
        {
            Uri address = _settings.At($"{repository.Name}/resolve/{commit}/{Uri.EscapeDataString(name)}");
            using HubResponse response = await _connection.SendAsync(HttpMethod.Head, address, 0, cancellation).ConfigureAwait(false);
            bool isAnswer = response.Status is HttpStatusCode.OK || (int)response.Status is >= 300 and < 400;
            return !isAnswer ? throw refusal.OfFile(response)
                : response is { Hash: { } hash, Size: { } size } ? new HubFile(name, address, size, hash)
                : throw new HubException(
                    $"{response.Address.Authority} does not say length and digest of {name}; expected X-Linked-Size and X-Linked-ETag, or"
                    + " Content-Length and ETag.");
        },
        cancellation);

    /// <summary>Bytes of a file that are not here yet.</summary>
    private long Missing(HubRepository repository, string folder, HubFile file)
    {
        string blob = Cache.BlobPath(repository, file.Hash);
        return IsThere(Path.Combine(folder, file.Name), file) || IsThere(blob, file)
            ? 0
            : Math.Max(0, file.Size - (FileLength.Find(HubDownload.PartialPath(blob)) ?? 0));
    }

    private async Task FetchAsync(
        HubRepository repository,
        string folder,
        HubFile file,
        HubRefusal refusal,
        IProgress<HubProgress>? progress,
        CancellationToken cancellation)
    {
        string path = Path.Combine(folder, file.Name);
        // Before the lock: a cache that has everything may be one that cannot be written.
        if (!IsThere(path, file))
        {
            string lockPath = Cache.LockPath(repository, file.Hash);
            using HubLock held = await LockAsync(lockPath, file, progress, cancellation).ConfigureAwait(false);
            // Another program may have brought it meanwhile.
            if (!IsThere(path, file))
            {
                string blob = Cache.BlobPath(repository, file.Hash);
                bool isNew = !IsThere(blob, file);
                if (isNew)
                {
                    await DownloadAsync(file, blob, refusal.OfFile, progress, cancellation).ConfigureAwait(false);
                }
                Cache.Place(blob, path, isNew);
            }
        }
        progress?.Report(new HubProgress(file.Name, file.Size, file.Size));
    }

    private async Task DownloadAsync(
        HubFile file,
        string target,
        Func<HubResponse, HubException> refusal,
        IProgress<HubProgress>? progress,
        CancellationToken cancellation)
    {
        using HubDownload download = new(
            _connection, file, NewRetry(), refusal, received => progress?.Report(new HubProgress(file.Name, received, file.Size)));
        await download.RunAsync(target, cancellation).ConfigureAwait(false);
    }

    /// <summary>Whether a path leads to a file of the right length; what was moved there had the right digest.</summary>
    private static bool IsThere(string path, HubFile file) => FileLength.Find(path) == file.Size;

    private static Task<HubLock> LockAsync(string path, HubFile file, IProgress<HubProgress>? progress, CancellationToken cancellation) =>
        HubLock.AcquireAsync(path, () => progress?.Report(new HubProgress(file.Name, 0, file.Size, Waiting: true)), cancellation);

    private HubRetry NewRetry() => new(_settings.RetryDelay);
}
