using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace PaliGemma.Tests;

/// <summary>
/// A server on this machine that behaves as the Hugging Face hub does: a list of a repository's files, small files behind a redirection on
/// the hub itself, large ones behind a redirection to a store at another address, ranges, entity tags, gates. A test can change answers.
/// </summary>
internal sealed class FakeHub : IDisposable
{
    public const string Repository = "google/toy";

    private readonly TcpListener _hub = new(IPAddress.Loopback, 0);
    private readonly TcpListener _store = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();

    public FakeHub()
    {
        Serve(_hub, AnswerOfHub);
        Serve(_store, AnswerOfStore);
    }

    /// <summary>What is at the store beside the files, by path.</summary>
    public Dictionary<string, byte[]> Stored { get; } = [];

    /// <summary>The repository's files, in the order of the list.</summary>
    public Dictionary<string, byte[]> Files { get; } = [];

    /// <summary>The commit of each branch.</summary>
    public Dictionary<string, string> Branches { get; } = new() { ["main"] = new string('a', 40) };

    /// <summary>The token that opens the gate; null where there is no gate.</summary>
    public string? Token { get; set; }

    /// <summary>Changes the answer to a request.</summary>
    public Func<FakeRequest, FakeAnswer, FakeAnswer> Change { get; set; } = (_, answer) => answer;

    public ConcurrentQueue<FakeRequest> Requests { get; } = [];

    public string Endpoint => $"http://{_hub.LocalEndpoint}";

    public string StoreEndpoint => $"http://{_store.LocalEndpoint}";

    /// <summary>The requests for content.</summary>
    public IEnumerable<FakeRequest> Downloads => Requests.Where(request => request.IsDownload);

    public static bool IsLarge(string file) => Path.GetExtension(file) is ".safetensors" or ".npz" || file == "tokenizer.json";

    /// <summary>The entity tag of a file, which is its name in the cache.</summary>
    public static string Tag(string file, byte[] content)
    {
        using IncrementalHash digest = IncrementalHash.CreateHash(IsLarge(file) ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA1);
        digest.AppendData(IsLarge(file) ? [] : Encoding.ASCII.GetBytes($"blob {content.Length}\0"));
        digest.AppendData(content);
        return Convert.ToHexStringLower(digest.GetHashAndReset());
    }

    public string Tag(string file) => Tag(file, Files[file]);

    public void Dispose()
    {
        if (!_stop.IsCancellationRequested)
        {
            _stop.Cancel();
            _hub.Dispose();
            _store.Dispose();
            _stop.Dispose();
        }
    }

    private void Serve(TcpListener listener, Func<FakeRequest, FakeAnswer> answer)
    {
        listener.Start();
        CancellationToken stop = _stop.Token;
        _ = Task.Run(
            async () =>
            {
                while (true)
                {
                    TcpClient client = await listener.AcceptTcpClientAsync(stop).ConfigureAwait(false);
                    _ = Task.Run(() => ConverseAsync(client, answer, isStore: listener == _store, stop), stop);
                }
            },
            stop);
    }

    /// <summary>One request and one answer; the client may hang up at any time.</summary>
    private async Task ConverseAsync(TcpClient client, Func<FakeRequest, FakeAnswer> answer, bool isStore, CancellationToken stop)
    {
        using TcpClient connection = client;
        try
        {
            NetworkStream stream = connection.GetStream();
            if (await FakeRequest.ReadAsync(stream, isStore, stop).ConfigureAwait(false) is not FakeRequest request)
            {
                return;
            }
            FakeAnswer changed;
            lock (_lock)
            {
                Requests.Enqueue(request);
                changed = Change(request, answer(request));
            }
            await changed.WriteAsync(stream, isHead: request.Method == "HEAD", stop).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or SocketException or OperationCanceledException)
        {
            // The conversation is over.
        }
    }

    private FakeAnswer AnswerOfHub(FakeRequest request)
    {
        string path = Uri.UnescapeDataString(request.Path);
        if (Rest(path, "/api/models/") is string api)
        {
            return Rest(api, Repository + "/revision/") is string revision ? List(revision)
                : request.Token is null ? new FakeAnswer(401, [("X-Error-Code", "RepoNotFound")])
                : new FakeAnswer(404, [("X-Error-Code", "RepoNotFound")]);
        }
        bool isCached = path.StartsWith("/api/resolve-cache/models/", StringComparison.Ordinal);
        string[] parts = path.Split('/');
        string name = parts[^1];
        if (!Files.TryGetValue(name, out byte[]? content) || !Branches.ContainsValue(parts[^2]))
        {
            return new FakeAnswer(404, [("X-Error-Code", "EntryNotFound")]);
        }
        (string Name, string Value) commit = ("X-Repo-Commit", parts[^2]);
        if (Token is not null && request.Token != Token)
        {
            return new FakeAnswer(request.Token is null ? 401 : 403, [commit, ("X-Error-Code", "GatedRepo")]);
        }
        string tag = $"\"{Tag(name)}\"";
        string place = $"{StoreEndpoint}/{Tag(name)}?signature=1";
        return IsLarge(name)
            ? new FakeAnswer(302, [commit, ("X-Linked-Size", $"{content.Length}"), ("X-Linked-ETag", tag), ("Location", place)])
            : isCached ? Content(request, content, [commit, ("ETag", "W/" + tag)])
            : new FakeAnswer(307, [commit, ("Location", $"/api/resolve-cache/models/{Repository}/{parts[^2]}/{name}")]);
    }

    /// <summary>An address that is signed for GET answers nothing else, and no request that has another authorisation.</summary>
    private FakeAnswer AnswerOfStore(FakeRequest request)
    {
        string path = request.Path[1..].Split('?')[0];
        byte[]? content = Files.FirstOrDefault(file => Tag(file.Key, file.Value) == path).Value ?? Stored.GetValueOrDefault(path);
        return request.Method != "GET" ? new FakeAnswer(403, [])
            : request.Token is not null ? new FakeAnswer(400, [])
            : content is null ? new FakeAnswer(404, [])
            : Content(request, content, []);
    }

    private FakeAnswer List(string revision)
    {
        if (!Branches.TryGetValue(revision, out string? commit) && !Branches.ContainsValue(commit = revision))
        {
            return new FakeAnswer(404, [("X-Error-Code", "RevisionNotFound")]);
        }
        IEnumerable<string> siblings = Files.Keys.Select(name => $$"""{"rfilename":"{{JsonEncodedText.Encode(name)}}"}""");
        return new FakeAnswer(200, [])
        {
            Body = Encoding.UTF8.GetBytes($$"""{"id":"{{Repository}}","sha":"{{commit}}","siblings":[{{string.Join(',', siblings)}}]}"""),
        };
    }

    private static FakeAnswer Content(FakeRequest request, byte[] content, (string Name, string Value)[] headers)
    {
        if (request.From is not int from)
        {
            return new FakeAnswer(200, headers) { Body = content };
        }
        return from < content.Length
            ? new FakeAnswer(206, [.. headers, ("Content-Range", $"bytes {from}-{content.Length - 1}/{content.Length}")])
            {
                Body = content[from..],
            }
            : new FakeAnswer(416, [.. headers, ("Content-Range", $"bytes */{content.Length}")]);
    }

    private static string? Rest(string text, string start) =>
        text.StartsWith(start, StringComparison.Ordinal) ? text[start.Length..] : null;
}

/// <summary>A request that the server received.</summary>
internal sealed record FakeRequest(string Method, string Path, IReadOnlyDictionary<string, string> Headers, bool IsStore)
{
    /// <summary>The first byte that is asked for.</summary>
    public int? From => Headers.GetValueOrDefault("range") is string range
        ? int.Parse(range["bytes=".Length..^1], CultureInfo.InvariantCulture)
        : null;

    public string? Token => Headers.GetValueOrDefault("authorization")?["Bearer ".Length..];

    public bool IsDownload => Method == "GET" && (IsStore || Path.StartsWith("/api/resolve-cache/", StringComparison.Ordinal));

    public static async Task<FakeRequest?> ReadAsync(Stream stream, bool isStore, CancellationToken stop)
    {
        byte[] buffer = new byte[1 << 14];
        int length = 0;
        while (buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8) < 0)
        {
            int read = await stream.ReadAsync(buffer.AsMemory(length), stop).ConfigureAwait(false);
            if (read == 0)
            {
                return null;
            }
            length += read;
        }
        string[] lines = Encoding.ASCII.GetString(buffer, 0, length).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        string[] request = lines[0].Split(' ');
        Dictionary<string, string> headers = lines[1..].Select(line => line.Split(": ", 2))
            .ToDictionary(header => header[0], header => header[1], StringComparer.OrdinalIgnoreCase);
        return new FakeRequest(request[0], request[1], headers, isStore);
    }
}

/// <summary>An answer that the server gives.</summary>
internal sealed record FakeAnswer(int Status, (string Name, string Value)[] Headers)
{
    public byte[] Body { get; init; } = [];

    /// <summary>The connection ends after so many bytes of the body.</summary>
    public int? CutAfter { get; init; }

    /// <summary>Where the connection is to end, it stays open and nothing comes.</summary>
    public bool IsSilent { get; init; }

    public async Task WriteAsync(Stream stream, bool isHead, CancellationToken stop)
    {
        StringBuilder head = new($"HTTP/1.1 {Status} Answer\r\nConnection: close\r\nContent-Length: {Body.Length}\r\n");
        foreach ((string name, string value) in Headers)
        {
            head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        }
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head.Append("\r\n").ToString()), stop).ConfigureAwait(false);
        if (isHead)
        {
            return;
        }
        await stream.WriteAsync(Body.AsMemory(0, Math.Min(CutAfter ?? Body.Length, Body.Length)), stop).ConfigureAwait(false);
        if (IsSilent)
        {
            // Until the client hangs up.
            await stream.ReadAsync(new byte[1], stop).ConfigureAwait(false);
        }
    }
}
