namespace PaliGemma.Checkpoints;

/// <summary>
/// Where the hub is, where its files are kept, and who asks: the environment variables of Python's huggingface_hub (constants.py).
/// </summary>
public sealed record HubSettings
{
    private const string BigVision = "https://storage.googleapis.com/big_vision";

    /// <summary>The hub's address (<c>HF_ENDPOINT</c>).</summary>
    public Uri Endpoint { get; init; } = new("https://huggingface.co");

    /// <summary>
    /// The folder of repositories: <c>HF_HUB_CACHE</c>, else <c>hub</c> in <c>HF_HOME</c>, else in <c>XDG_CACHE_HOME/huggingface</c>, else
    /// in <c>~/.cache/huggingface</c>.
    /// </summary>
    public required string CacheFolder { get; init; }

    /// <summary>The folder of files that are no repository's: <c>HF_ASSETS_CACHE</c>, else <c>assets</c> beside <c>hub</c>.</summary>
    public required string AssetsFolder { get; init; }

    /// <summary>The account's token (<c>HF_TOKEN</c>).</summary>
    public HubToken? Token { get; init; }

    /// <summary>
    /// The file that has the token where <see cref="Token"/> is null (<c>HF_TOKEN_PATH</c>, else <c>token</c> in <c>HF_HOME</c>).
    /// </summary>
    public string? TokenFile { get; init; }

    /// <summary>Whether to use what is in the cache and never the network (<c>HF_HUB_OFFLINE</c>).</summary>
    public bool Offline { get; init; }

    /// <summary>big_vision's decoder of segmentation masks.</summary>
    internal HubFile MaskDecoder { get; init; } = MaskDecoderAt(BigVision);

    /// <summary>The wait before the first repetition of a failed request; it doubles with each.</summary>
    internal TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a server may be silent.</summary>
    internal TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The clock of <see cref="Patience"/>.</summary>
    internal TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Whether to try symbolic links: not every disk has them, and Windows allows them to few users.</summary>
    internal bool Links { get; init; } = true;

    /// <summary>The settings that the environment variables say.</summary>
    /// <exception cref="HubException">A variable has a value that cannot be used.</exception>
    public static HubSettings FromEnvironment() =>
        Read(Environment.GetEnvironmentVariable, Environment.GetFolderPath(Environment.SpecialFolder.UserProfile));

    /// <summary>The settings of an environment; a variable that is empty counts as not set.</summary>
    internal static HubSettings Read(Func<string, string?> environment, string userFolder)
    {
        string home = Folder("HF_HOME") ?? Path.Combine(Folder("XDG_CACHE_HOME") ?? Path.Combine(userFolder, ".cache"), "huggingface");
        // The second names are those of huggingface_hub's first versions, which it still reads.
        HubSettings settings = new()
        {
            CacheFolder = Path.GetFullPath(Folder("HF_HUB_CACHE") ?? Folder("HUGGINGFACE_HUB_CACHE") ?? Path.Combine(home, "hub")),
            AssetsFolder = Path.GetFullPath(Folder("HF_ASSETS_CACHE") ?? Path.Combine(home, "assets")),
            TokenFile = Path.GetFullPath(Folder("HF_TOKEN_PATH") ?? Path.Combine(home, "token")),
            Token = Token("HF_TOKEN") ?? Token("HUGGING_FACE_HUB_TOKEN"),
            Offline = Flag("HF_HUB_OFFLINE") || Flag("TRANSFORMERS_OFFLINE"),
            MaskDecoder = MaskDecoderAt(Address("PALIGEMMA_BIG_VISION_ENDPOINT") ?? BigVision),
        };
        return Address("HF_ENDPOINT") is string endpoint ? settings with { Endpoint = new Uri(endpoint) } : settings;

        string? Variable(string name) => environment(name) is { Length: > 0 } value ? value : null;

        string? Folder(string name) => Variable(name) switch
        {
            "~" => userFolder,
            ['~', '/' or '\\', .. string rest] => Path.Combine(userFolder, rest),
            string value => value,
            null => null,
        };

        HubToken? Token(string name) => string.IsNullOrWhiteSpace(environment(name)) ? null : new HubToken(environment(name)!, name);

        bool Flag(string name) => environment(name)?.ToUpperInvariant() is "1" or "ON" or "YES" or "TRUE";

        string? Address(string name) => Variable(name) switch
        {
            null => null,
            string text when Uri.TryCreate(text, UriKind.Absolute, out Uri? address)
                && address is { Scheme: "http" or "https", Query: "" } => address.AbsoluteUri,
            string text => throw new HubException($"{name} is '{text}'; expected an address such as https://huggingface.co."),
        };
    }

    /// <summary>The address of something at the hub; <paramref name="path"/> is escaped already.</summary>
    internal Uri At(string path) => new($"{Endpoint.AbsoluteUri.TrimEnd('/')}/{path}");

    private static HubFile MaskDecoderAt(string bigVision) => new(
        Tasks.MaskDecoder.FileName,
        new Uri($"{bigVision.TrimEnd('/')}/paligemma/{Tasks.MaskDecoder.FileName}"),
        8_479_556,
        HubHash.Parse("5586010257b8536dddefab65e7755077f21d5672d5674dacf911f73ae95a4447")!);
}
