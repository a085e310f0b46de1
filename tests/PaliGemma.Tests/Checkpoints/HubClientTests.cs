using System.Text;
using PaliGemma.Checkpoints;
using PaliGemma.Tokenization;

namespace PaliGemma.Tests.Checkpoints;

public sealed class HubClientTests : IDisposable
{
    private static readonly HubRepository Repository = new(FakeHub.Repository);
    private static readonly string[] ModelFiles = ["config.json", "tokenizer.json", "model.safetensors"];

    private readonly FakeHub _server = new();
    private readonly TemporaryFolder _folder = new();

    public HubClientTests()
    {
        string[] others = [".gitattributes", "README.md", "pytorch_model.bin", "model.msgpack", "pt_224.npz"];
        foreach (string name in (string[])[.. ModelFiles, .. others])
        {
            _server.Files[name] = Content(name, FakeHub.IsLarge(name) ? 300_000 : 700);
        }
        _server.Files["onnx/model.safetensors"] = [1];
    }

    private string Commit => _server.Branches["main"];

    private string RepositoryFolder => Path.Combine(_folder.FullName, "hub", "models--google--toy");

    private string Snapshot => Path.Combine(RepositoryFolder, "snapshots", Commit);

    private HubSettings Settings => new()
    {
        Endpoint = new Uri(_server.Endpoint),
        CacheFolder = _folder.File("hub"),
        AssetsFolder = _folder.File("assets"),
        RetryDelay = TimeSpan.FromMilliseconds(1),
    };

    public void Dispose()
    {
        _server.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Files_of_a_model_come_into_the_layout_of_huggingface_hub()
    {
        string folder = await PullAsync();
        Assert.Equal(Snapshot, folder);
        Assert.Equal(ModelFiles.Order(), Directory.GetFiles(folder).Select(Path.GetFileName).Order());
        foreach (string name in ModelFiles)
        {
            FileInfo file = new(Path.Combine(folder, name));
            Assert.Equal(Path.Combine("..", "..", "blobs", _server.Tag(name)), file.LinkTarget);
            Assert.Equal(_server.Files[name], File.ReadAllBytes(file.FullName));
        }
        Assert.Equal(ModelFiles.Length, Directory.GetFiles(Path.Combine(RepositoryFolder, "blobs")).Length);
        Assert.Equal(Commit, File.ReadAllText(Path.Combine(RepositoryFolder, "refs", "main")));
        Assert.Equal(["blobs", "refs", "snapshots"], Directory.GetFileSystemEntries(RepositoryFolder).Select(Path.GetFileName).Order());
        Assert.True(File.Exists(Path.Combine(_folder.FullName, "hub", ".locks", "models--google--toy", _server.Tag("config.json") + ".lock")));
    }

    [Fact]
    public async Task What_is_in_the_cache_is_not_downloaded_again()
    {
        await PullAsync();
        int downloads = _server.Downloads.Count();
        Assert.Equal(ModelFiles.Length, downloads);
        Assert.Equal(Snapshot, await PullAsync());
        Assert.Equal(downloads, _server.Downloads.Count());
    }

    [Fact]
    public async Task A_branch_that_moved_shares_the_files_that_did_not_change()
    {
        string old = await PullAsync();
        _server.Branches["main"] = new string('b', 40);
        _server.Files["config.json"] = Content("new", 500);
        string folder = await PullAsync();
        Assert.NotEqual(old, folder);
        Assert.Equal(ModelFiles.Length + 1, _server.Downloads.Count());
        Assert.Equal(_server.Files["config.json"], File.ReadAllBytes(Path.Combine(folder, "config.json")));
        Assert.Equal(700, File.ReadAllBytes(Path.Combine(old, "config.json")).Length);
        Assert.Equal(folder, new HubCache(Settings).Find(Repository));
        Assert.Equal(old, new HubCache(Settings).Find(new HubRepository(FakeHub.Repository, new string('a', 40))));
    }

    [Theory]
    [InlineData("bfloat16")]
    [InlineData("refs/pr/1")]
    public async Task Another_revision_has_a_reference_of_its_own(string revision)
    {
        _server.Branches[revision] = new string('b', 40);
        HubRepository repository = new(FakeHub.Repository, revision);
        string folder = await PullAsync(repository);
        Assert.Equal(new string('b', 40), Path.GetFileName(folder));
        Assert.Equal(folder, new HubCache(Settings).Find(repository));
        Assert.Null(new HubCache(Settings).Find(Repository));
    }

    [Fact]
    public async Task Only_a_repository_without_safetensors_gives_its_npz()
    {
        _server.Files.Remove("model.safetensors");
        string folder = await PullAsync();
        Assert.Equal(["config.json", "pt_224.npz", "tokenizer.json"], Directory.GetFiles(folder).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task A_repository_without_weights_is_refused()
    {
        _server.Files.Remove("model.safetensors");
        _server.Files.Remove("pt_224.npz");
        HubException error = await FailAsync();
        Assert.Equal("The repository google/toy has no model: expected files that end in .safetensors or .npz.", error.Message);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(200_000)]
    [InlineData(300_000)]
    public async Task A_partial_file_is_continued(int length)
    {
        string partial = WritePartial("model.safetensors", _server.Files["model.safetensors"][..length]);
        Assert.Equal(_server.Files["model.safetensors"], File.ReadAllBytes(Path.Combine(await PullAsync(), "model.safetensors")));
        Assert.False(File.Exists(partial));
        Assert.Equal(length == 300_000 ? [] : [length], DownloadsOf("model.safetensors").Select(request => request.From));
    }

    [Fact]
    public async Task A_partial_file_that_is_too_long_is_begun_again()
    {
        WritePartial("model.safetensors", new byte[300_001]);
        Assert.Equal(_server.Files["model.safetensors"], File.ReadAllBytes(Path.Combine(await PullAsync(), "model.safetensors")));
    }

    [Fact]
    public async Task A_connection_that_breaks_is_taken_up_where_it_broke()
    {
        int cuts = 3;
        _server.Change = (request, answer) => request.IsStore && cuts-- > 0 ? answer with { CutAfter = 50_000 } : answer;
        await PullAsync();
        Assert.Equal([null, 50_000, 100_000, 150_000], DownloadsOf("tokenizer.json").Select(request => request.From));
        Assert.Equal(_server.Files["tokenizer.json"], File.ReadAllBytes(Path.Combine(Snapshot, "tokenizer.json")));
    }

    [Fact]
    public async Task Progress_earns_new_attempts()
    {
        const int Piece = 1 << 20;
        _server.Files["model.safetensors"] = Content("long", (8 * Piece) + 1);
        _server.Change = (_, answer) => answer.Body.Length > Piece ? answer with { CutAfter = Piece } : answer;
        Assert.Equal(_server.Files["model.safetensors"], File.ReadAllBytes(Path.Combine(await PullAsync(), "model.safetensors")));
        Assert.Equal(9, DownloadsOf("model.safetensors").Count());
    }

    [Fact]
    public async Task A_connection_that_always_breaks_leaves_a_file_that_the_next_pull_continues()
    {
        _server.Change = (request, answer) => request.IsStore ? answer with { CutAfter = request.From is null ? 1000 : 0 } : answer;
        HubException error = await FailAsync();
        Assert.StartsWith("tokenizer.json stopped at 1,000 of 300,000 bytes: ", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("; pull again to go on from there.", error.Message, StringComparison.Ordinal);
        Assert.Equal(5, _server.Downloads.Count(request => request.IsStore));
        Assert.Null(new HubCache(Settings).Find(Repository));

        _server.Requests.Clear();
        _server.Change = (_, answer) => answer;
        await PullAsync();
        Assert.Equal(1000, _server.Downloads.First(request => request.IsStore).From);
    }

    [Fact]
    public async Task A_server_that_falls_silent_counts_as_a_broken_connection()
    {
        bool first = true;
        _server.Change = (request, answer) =>
        {
            bool silent = request.IsStore && first;
            first &= !silent;
            return silent ? answer with { CutAfter = 1000, IsSilent = true } : answer;
        };
        StoppedClock clock = new();
        // What is waited for after these bytes never comes.
        SynchronousProgress progress = new(state => clock.EndsNextWait |= state is { File: "tokenizer.json", Received: 1000 });
        using HubClient client = new(Settings with { Clock = clock });
        await client.PullAsync(Repository, progress);
        Assert.Equal([null, 1000], _server.Downloads.Where(request => request.IsStore).Take(2).Select(request => request.From));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_server_without_ranges_sends_the_file_again(bool claims)
    {
        WritePartial("model.safetensors", _server.Files["model.safetensors"][..1000]);
        // Some ignore the range, some answer another one than was asked for.
        _server.Change = (request, answer) => answer.Status != 206 ? answer
            : claims ? new FakeAnswer(206, [("Content-Range", "bytes 0-299999/300000")]) { Body = _server.Files["model.safetensors"] }
            : new FakeAnswer(200, []) { Body = _server.Files["model.safetensors"] };
        Assert.Equal(_server.Files["model.safetensors"], File.ReadAllBytes(Path.Combine(await PullAsync(), "model.safetensors")));
    }

    [Fact]
    public async Task A_range_that_the_server_cannot_satisfy_begins_the_file_again()
    {
        WritePartial("model.safetensors", _server.Files["model.safetensors"][..1000]);
        _server.Change = (request, answer) => request.From is null ? answer : new FakeAnswer(416, []);
        Assert.Equal(_server.Files["model.safetensors"], File.ReadAllBytes(Path.Combine(await PullAsync(), "model.safetensors")));
    }

    [Fact]
    public async Task A_page_in_place_of_the_file_does_not_become_a_part_of_it()
    {
        string partial = WritePartial("model.safetensors", _server.Files["model.safetensors"][..1000]);
        _server.Change = (request, answer) => request.From is null ? answer : new FakeAnswer(200, []) { Body = "<html>"u8.ToArray() };
        Assert.Contains("sends 6 bytes for model.safetensors", (await FailAsync()).Message, StringComparison.Ordinal);
        Assert.Equal(_server.Files["model.safetensors"][..1000], File.ReadAllBytes(partial));
    }

    [Theory]
    [InlineData("config.json")]
    [InlineData("model.safetensors")]
    public async Task Content_with_another_digest_is_deleted(string name)
    {
        string tag = _server.Tag(name);
        _server.Change = (request, answer) =>
            request.IsDownload && request.Path.Contains(request.IsStore ? tag : name, StringComparison.Ordinal)
                ? answer with { Body = [(byte)(answer.Body[0] ^ 1), .. answer.Body[1..]] }
                : answer;
        Assert.Equal($"{name} arrived damaged (its digest is not {tag}) and was deleted; pull again.", (await FailAsync()).Message);
        Assert.Empty(Directory.GetFiles(Path.Combine(RepositoryFolder, "blobs"), tag + "*"));
        Assert.False(File.Exists(Path.Combine(Snapshot, name)));
    }

    [Fact]
    public async Task A_file_of_the_cache_that_lost_bytes_is_downloaded_again()
    {
        string file = Path.Combine(await PullAsync(), "model.safetensors");
        using (FileStream stream = new(file, FileMode.Open, FileAccess.Write))
        {
            stream.SetLength(1000);
        }
        File.Delete(Path.Combine(RepositoryFolder, "blobs", _server.Tag("config.json")));
        await PullAsync();
        Assert.Equal(_server.Files["model.safetensors"], File.ReadAllBytes(file));
        Assert.Equal(_server.Files["config.json"], File.ReadAllBytes(Path.Combine(Snapshot, "config.json")));
    }

    [Fact]
    public async Task Cancellation_leaves_a_file_that_the_next_pull_continues()
    {
        using CancellationTokenSource cancellation = new();
        _server.Change = (request, answer) => request.IsStore ? answer with { CutAfter = 1000, IsSilent = true } : answer;
        SynchronousProgress progress = new(state =>
        {
            if (state is { File: "tokenizer.json", Received: 1000 })
            {
                cancellation.Cancel();
            }
        });
        using HubClient client = new(Settings);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.PullAsync(Repository, progress, cancellation.Token));
        string partial = PartialPath("tokenizer.json");
        Assert.Equal(_server.Files["tokenizer.json"][..1000], File.ReadAllBytes(partial));

        _server.Requests.Clear();
        _server.Change = (_, answer) => answer;
        await PullAsync();
        Assert.Equal(1000, _server.Downloads.First(request => request.IsStore).From);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Two_pulls_at_once_download_each_file_once(bool links)
    {
        HubSettings settings = Settings with { Links = links };
        string[] folders = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => PullAsync(settings: settings)));
        Assert.All(folders, folder => Assert.Equal(Snapshot, folder));
        Assert.Equal(ModelFiles.Length, _server.Downloads.Count());
        Assert.All(ModelFiles, name => Assert.Equal(_server.Files[name], File.ReadAllBytes(Path.Combine(Snapshot, name))));
    }

    [Fact]
    public async Task A_pull_waits_for_another_program_and_says_so()
    {
        await PullAsync();
        string tag = _server.Tag("model.safetensors");
        string blob = Path.Combine(RepositoryFolder, "blobs", tag);
        File.Move(blob, blob + ".elsewhere");
        string lockPath = Path.Combine(_folder.FullName, "hub", ".locks", "models--google--toy", tag + ".lock");
        FileStream held = new(lockPath, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        SynchronousProgress progress = new(state =>
        {
            if (state.Waiting)
            {
                File.Move(blob + ".elsewhere", blob);
                held.Dispose();
            }
        });
        int downloads = _server.Downloads.Count();
        using HubClient client = new(Settings);
        await client.PullAsync(Repository, progress);
        Assert.Equal(downloads, _server.Downloads.Count());
        Assert.Equal(_server.Files["model.safetensors"], File.ReadAllBytes(Path.Combine(Snapshot, "model.safetensors")));
    }

    [Fact]
    public async Task Where_links_are_not_possible_the_files_themselves_are_in_the_snapshot()
    {
        HubSettings settings = Settings with { Links = false };
        string folder = await PullAsync(settings: settings);
        foreach (string name in ModelFiles)
        {
            Assert.Null(new FileInfo(Path.Combine(folder, name)).LinkTarget);
            Assert.Equal(_server.Files[name], File.ReadAllBytes(Path.Combine(folder, name)));
        }
        Assert.Empty(Directory.GetFiles(Path.Combine(RepositoryFolder, "blobs")));
        int downloads = _server.Downloads.Count();
        await PullAsync(settings: settings);
        Assert.Equal(downloads, _server.Downloads.Count());
    }

    [Fact]
    public async Task Where_links_are_not_possible_a_content_that_another_snapshot_uses_is_copied()
    {
        string old = await PullAsync();
        _server.Branches["main"] = new string('b', 40);
        string folder = await PullAsync(settings: Settings with { Links = false });
        Assert.Null(new FileInfo(Path.Combine(folder, "config.json")).LinkTarget);
        Assert.Equal(_server.Files["config.json"], File.ReadAllBytes(Path.Combine(folder, "config.json")));
        Assert.Equal(_server.Files["config.json"], File.ReadAllBytes(Path.Combine(old, "config.json")));
        Assert.Equal(ModelFiles.Length, _server.Downloads.Count());
    }

    [Fact]
    public async Task The_token_opens_the_gate_and_goes_to_no_other_server()
    {
        _server.Token = "hf_secret";
        await PullAsync(settings: Settings with { Token = new HubToken("hf_secret\n") });
        Assert.All(_server.Requests, request => Assert.Equal(request.IsStore ? null : "hf_secret", request.Token));
        Assert.Contains(_server.Requests, request => request.IsStore);
    }

    [Fact]
    public async Task The_token_of_a_file_is_used_too()
    {
        _server.Token = "hf_secret";
        string file = _folder.Write("token", "hf_secret\n"u8);
        await PullAsync(settings: Settings with { TokenFile = file });
    }

    [Fact]
    public async Task Without_a_token_a_gated_repository_says_where_its_licence_is()
    {
        _server.Token = "hf_secret";
        Assert.Equal(
            $"google/toy is gated: accept its licence at {_server.Endpoint}/google/toy, make a token at {_server.Endpoint}/settings/tokens,"
            + " and give it in HF_TOKEN or with 'hf auth login'.",
            (await FailAsync()).Message);
    }

    [Fact]
    public async Task An_account_without_access_is_told_where_to_ask_for_it()
    {
        _server.Token = "hf_secret";
        HubException error = await FailAsync(settings: Settings with { Token = new HubToken("hf_other", "HF_TOKEN") });
        Assert.StartsWith(
            "google/toy is gated, and the account of the token from HF_TOKEN has no access: accept its licence at"
            + $" {_server.Endpoint}/google/toy ",
            error.Message,
            StringComparison.Ordinal);
        Assert.DoesNotContain("hf_other", error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(401, "HF_TOKEN", "does not accept the token from HF_TOKEN; make a new one at ")]
    [InlineData(403, "HF_TOKEN", "The account of the token from HF_TOKEN may not read google/toy: see ")]
    [InlineData(401, null, "There is no public repository google/toy at ")]
    [InlineData(403, null, "There is no public repository google/toy at ")]
    [InlineData(404, null, "There is no repository google/toy at ")]
    public async Task A_list_that_is_refused_is_explained(int status, string? tokenSource, string sentence)
    {
        _server.Change = (_, _) => new FakeAnswer(status, []);
        HubToken? token = tokenSource is null ? null : new HubToken("hf_x", tokenSource);
        HubException error = await FailAsync(settings: Settings with { Token = token });
        Assert.Contains(sentence, error.Message, StringComparison.Ordinal);
        Assert.Single(_server.Requests);
    }

    [Fact]
    public async Task A_revision_that_does_not_exist_is_named()
    {
        HubException error = await FailAsync(new HubRepository(FakeHub.Repository, "float8"));
        Assert.Equal($"The repository google/toy has no revision float8; see {_server.Endpoint}/google/toy/tree/main.", error.Message);
    }

    [Theory]
    [InlineData(408)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    public async Task A_failure_that_passes_is_waited_for(int status)
    {
        HashSet<string> failed = [];
        _server.Change = (request, answer) =>
            failed.Add(request.Method + request.Path) ? new FakeAnswer(status, [("Retry-After", "0")]) : answer;
        await PullAsync();
    }

    [Fact]
    public async Task A_server_that_keeps_failing_is_given_up()
    {
        _server.Change = (_, _) => new FakeAnswer(503, []);
        Assert.EndsWith("does not work at the moment: it answers 503.", (await FailAsync()).Message, StringComparison.Ordinal);
        Assert.Equal(5, _server.Requests.Count);
    }

    [Fact]
    public async Task A_server_that_asks_for_a_long_pause_is_not_waited_for()
    {
        _server.Change = (_, _) => new FakeAnswer(429, [("Retry-After", "3600")]);
        Assert.EndsWith("(429); try again in 3600 seconds.", (await FailAsync()).Message, StringComparison.Ordinal);
        Assert.Single(_server.Requests);
    }

    [Fact]
    public async Task A_refusal_of_the_store_is_not_taken_for_a_gate()
    {
        _server.Change = (request, answer) => request.IsStore ? new FakeAnswer(403, []) : answer;
        string server = new Uri(_server.StoreEndpoint).Authority;
        Assert.StartsWith($"{server} answers 403 to the request for ", (await FailAsync()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../evil.safetensors")]
    [InlineData("..")]
    [InlineData("/etc/evil.safetensors")]
    [InlineData("a/../../evil.safetensors")]
    [InlineData("..\\evil.safetensors")]
    [InlineData("C:evil.safetensors")]
    [InlineData("a:evil.safetensors")]
    [InlineData("line\nbreak.safetensors")]
    [InlineData("-evil.safetensors")]
    [InlineData("")]
    public async Task A_file_name_that_could_lead_elsewhere_is_refused(string name)
    {
        _server.Files[name] = [1];
        HubException error = await FailAsync();
        Assert.Equal(
            $"The hub's list of google/toy names a file '{name}', which is not a name of a file inside the repository.", error.Message);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.FullName));
    }

    [Theory]
    [InlineData("X-Linked-ETag", "\"../../../../evil\"")]
    [InlineData("X-Linked-ETag", "\"0123\"")]
    [InlineData("X-Linked-Size", "-1")]
    [InlineData("X-Linked-Size", "9223372036854775808")]
    [InlineData("X-Linked-Size", "many")]
    public async Task A_length_or_digest_that_is_none_is_refused(string header, string value)
    {
        _server.Change = (_, answer) => answer with
        {
            Headers = [.. answer.Headers.Select(pair => pair.Name == header ? (header, value) : pair)],
        };
        await FailAsync();
        Assert.DoesNotContain(_server.Downloads, request => request.IsStore);
        Assert.False(Directory.Exists(Path.Combine(_folder.FullName, "hub", "models--google--toy")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("""{"sha":1,"siblings":[]}""")]
    [InlineData("""{"sha":"../..","siblings":[]}""")]
    [InlineData("""{"sha":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","siblings":{}}""")]
    [InlineData("""{"sha":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","siblings":["config.json"]}""")]
    public async Task A_list_that_is_none_is_refused(string json)
    {
        _server.Change = (_, answer) => answer with { Body = Encoding.UTF8.GetBytes(json) };
        Assert.StartsWith("The hub's list of google/toy ", (await FailAsync()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_without_end_is_refused()
    {
        _server.Change = (_, answer) => answer with { Body = new byte[HubListing.Longest + 1] };
        Assert.Equal("The hub's list of google/toy is longer than 16,777,216 bytes.", (await FailAsync()).Message);
    }

    [Theory]
    [InlineData("/again", "answers with redirections without end.")]
    [InlineData("ftp://127.0.0.1/", "sends on to ftp://127.0.0.1, which is no encrypted connection.")]
    [InlineData("file:///etc/passwd", "sends on to file://, which is no encrypted connection.")]
    public async Task Redirections_that_lead_nowhere_are_refused(string location, string sentence)
    {
        _server.Change = (_, _) => new FakeAnswer(302, [("Location", location)]);
        Assert.EndsWith(sentence, (await FailAsync()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_renamed_repository_is_found_and_the_token_goes_along()
    {
        _server.Token = "hf_secret";
        HubRepository old = new("google/old-name");
        _server.Change = (request, answer) => request.Path.Contains("old-name", StringComparison.Ordinal)
            ? new FakeAnswer(307, [("Location", request.Path.Replace("old-name", "toy", StringComparison.Ordinal))])
            : answer;
        string folder = await PullAsync(old, Settings with { Token = new HubToken("hf_secret") });
        Assert.Contains("models--google--old-name", folder, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_disk_that_is_too_small_is_known_before_the_download()
    {
        _server.Change = (_, answer) => answer with
        {
            Headers = [.. answer.Headers.Select(pair => pair.Name == "X-Linked-Size" ? (pair.Name, "1000000000000000") : pair)],
        };
        string start = "The files still to download take 2,000,000,000,000,700 bytes; the disk of ";
        Assert.StartsWith(start, (await FailAsync()).Message, StringComparison.Ordinal);
        Assert.Empty(_server.Downloads);
    }

    [Fact]
    public async Task A_disk_that_fills_up_is_named()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "/dev/full is Linux's.");
        string partial = PartialPath("model.safetensors");
        Directory.CreateDirectory(Path.GetDirectoryName(partial)!);
        File.CreateSymbolicLink(partial, "/dev/full");
        Assert.Equal(
            $"The disk is full: model.safetensors needs 300,000 bytes in {Path.GetDirectoryName(partial)}.", (await FailAsync()).Message);
    }

    [Fact]
    public async Task A_place_that_cannot_be_written_is_named_and_not_the_file_beside_it()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links are not for everybody there.");
        string partial = PartialPath("model.safetensors");
        Directory.CreateDirectory(Path.GetDirectoryName(partial)!);
        File.CreateSymbolicLink(partial, Path.Combine(partial + ".missing", "file"));
        string place = Path.ChangeExtension(partial, null);
        string message = (await FailAsync()).Message;
        Assert.StartsWith($"{place} cannot be written: ", message, StringComparison.Ordinal);
        Assert.DoesNotContain(".incomplete", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hub_that_is_not_there_is_named_at_once()
    {
        _server.Dispose();
        string start = $"{new Uri(_server.Endpoint).Authority} cannot be reached: ";
        HubException error = await FailAsync(settings: Settings with { RetryDelay = TimeSpan.FromDays(1) });
        Assert.StartsWith(start, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Offline_what_is_in_the_cache_is_found_and_the_rest_is_not_asked_for()
    {
        HubSettings offline = Settings with { Offline = true };
        HubException error = await FailAsync(settings: offline);
        Assert.Equal($"google/toy is not in {offline.CacheFolder}, and HF_HUB_OFFLINE forbids to download it.", error.Message);
        Assert.Empty(_server.Requests);
        await PullAsync();
        int requests = _server.Requests.Count;
        Assert.Equal(Snapshot, await PullAsync(settings: offline));
        Assert.Equal(requests, _server.Requests.Count);
    }

    [Fact]
    public async Task Progress_ends_at_the_length_of_every_file()
    {
        Dictionary<string, HubProgress> last = [];
        using HubClient client = new(Settings);
        await client.PullAsync(Repository, new SynchronousProgress(state => last[state.File] = state));
        Assert.Equal(
            ModelFiles.Select(name => new HubProgress(name, _server.Files[name].Length, _server.Files[name].Length)),
            last.Values);
    }

    [Fact]
    public async Task An_empty_file_needs_no_content()
    {
        _server.Files["added_tokens.json"] = [];
        Assert.Empty(File.ReadAllBytes(Path.Combine(await PullAsync(), "added_tokens.json")));
    }

    [Fact]
    public async Task A_pulled_model_loads_through_its_links()
    {
        _server.Files.Clear();
        foreach (string file in Directory.GetFiles(Goldens.Path("models", "E")))
        {
            _server.Files[Path.GetFileName(file)] = File.ReadAllBytes(file);
        }
        string folder = await PullAsync();
        using Checkpoint pulled = Checkpoint.Open(folder);
        using Checkpoint original = Checkpoint.Open(Goldens.Path("models", "E"));
        Assert.Equal(original.Names.Order(), pulled.Names.Order());
        PaliGemmaTokenizer expected = PaliGemmaTokenizer.Load(Goldens.Path("models", "E"));
        Assert.Equal(expected.Encode("caption es"), PaliGemmaTokenizer.Load(folder).Encode("caption es"));
    }

    [Fact]
    public async Task The_mask_decoder_is_downloaded_once()
    {
        byte[] content = Content("masks", 5000);
        _server.Stored["paligemma/vae-oid.npz"] = content;
        HubSettings settings = Settings with { Token = new HubToken("hf_secret"), MaskDecoder = MaskDecoder(content) };
        HubCache cache = new(settings);
        Assert.Null(cache.FindMaskDecoder());
        using HubClient client = new(settings);
        string[] paths = await Task.WhenAll(client.PullMaskDecoderAsync(), client.PullMaskDecoderAsync());
        Assert.All(paths, path => Assert.Equal(cache.MaskDecoderPath, path));
        Assert.Equal(Path.Combine(_folder.FullName, "assets", "paligemma", "vae-oid.npz"), cache.FindMaskDecoder());
        Assert.Equal(content, File.ReadAllBytes(cache.MaskDecoderPath));
        Assert.Single(_server.Requests);
    }

    [Fact]
    public async Task A_mask_decoder_with_another_digest_is_deleted()
    {
        byte[] content = Content("masks", 5000);
        _server.Stored["paligemma/vae-oid.npz"] = Content("other", 5000);
        HubSettings settings = Settings with { MaskDecoder = MaskDecoder(content) };
        using HubClient client = new(settings);
        HubException error = await Assert.ThrowsAsync<HubException>(() => client.PullMaskDecoderAsync());
        Assert.StartsWith("vae-oid.npz arrived damaged ", error.Message, StringComparison.Ordinal);
        Assert.Null(client.Cache.FindMaskDecoder());
        string folder = Path.GetDirectoryName(client.Cache.MaskDecoderPath)!;
        Assert.Equal(["vae-oid.npz.lock"], Directory.GetFiles(folder).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Offline_a_missing_mask_decoder_is_not_asked_for()
    {
        using HubClient client = new(Settings with { Offline = true });
        HubException error = await Assert.ThrowsAsync<HubException>(() => client.PullMaskDecoderAsync());
        string path = client.Cache.MaskDecoderPath;
        Assert.Equal($"The mask decoder is not at {path}, and HF_HUB_OFFLINE forbids to download it.", error.Message);
    }

    private static byte[] Content(string seed, int length)
    {
        byte[] content = new byte[length];
        new Random(seed.Length + seed[0]).NextBytes(content);
        return content;
    }

    private IEnumerable<FakeRequest> DownloadsOf(string largeFile) =>
        _server.Downloads.Where(request => request.Path.Contains(_server.Tag(largeFile), StringComparison.Ordinal));

    private HubFile MaskDecoder(byte[] content) => new(
        "vae-oid.npz",
        new Uri(_server.StoreEndpoint + "/paligemma/vae-oid.npz"),
        content.Length,
        HubHash.Parse(FakeHub.Tag("vae-oid.npz", content))!);

    private string PartialPath(string name) => Path.Combine(RepositoryFolder, "blobs", _server.Tag(name) + ".incomplete");

    private string WritePartial(string name, byte[] content)
    {
        string partial = PartialPath(name);
        Directory.CreateDirectory(Path.GetDirectoryName(partial)!);
        File.WriteAllBytes(partial, content);
        return partial;
    }

    private async Task<string> PullAsync(HubRepository? repository = null, HubSettings? settings = null)
    {
        using HubClient client = new(settings ?? Settings);
        return await client.PullAsync(repository ?? Repository);
    }

    private Task<HubException> FailAsync(HubRepository? repository = null, HubSettings? settings = null) =>
        Assert.ThrowsAsync<HubException>(() => PullAsync(repository, settings));

    /// <summary>Lets nobody's patience end, however slow the machine is, but when it is told to.</summary>
    private sealed class StoppedClock : TimeProvider
    {
        public bool EndsNextWait { get; set; }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            TimeSpan wait = EndsNextWait ? TimeSpan.Zero : Timeout.InfiniteTimeSpan;
            EndsNextWait = false;
            return base.CreateTimer(callback, state, wait, period);
        }
    }

    private sealed class SynchronousProgress(Action<HubProgress> handler) : IProgress<HubProgress>
    {
        public void Report(HubProgress value) => handler(value);
    }
}
