using System.Net;

namespace PaliGemma.Server;

/// <summary>Where a server listens, who may use it, and how much a request may cost.</summary>
public sealed record ServerOptions
{
    /// <summary>The longest time that the system's timers measure: 24 days.</summary>
    private static readonly TimeSpan LongestTime = TimeSpan.FromMilliseconds(int.MaxValue);

    /// <summary>The address to listen on; this machine alone unless told otherwise.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>The port to listen on; 0 takes a free one.</summary>
    public int Port { get; init; } = 8080;

    /// <summary>
    /// Names under which browsers may reach the server. None means those of this machine where <see cref="Address"/> is a loopback address, so that
    /// no web page can reach it under a name of its own, and any elsewhere.
    /// </summary>
    public IReadOnlyList<string> HostNames { get; init; } = [];

    /// <summary>Keys of which <c>/v1</c> wants one, as a bearer token; none means that it wants none.</summary>
    public IReadOnlyList<string> ApiKeys { get; init; } = [];

    /// <summary>Hosts from which pictures may be fetched; none means that pictures come with the request only.</summary>
    public IReadOnlyList<string> ImageHosts { get; init; } = [];

    /// <summary>Bytes of a picture's file.</summary>
    public int MaxImageBytes { get; init; } = 20 << 20;

    /// <summary>Pixels of a picture, by its header.</summary>
    public long MaxImagePixels { get; init; } = 40_000_000;

    /// <summary>Pictures of a chat message.</summary>
    public int MaxImages { get; init; } = 4;

    /// <summary>Tokens of a prompt's text.</summary>
    public int MaxPromptTokens { get; init; } = 1024;

    /// <summary>Tokens of an answer.</summary>
    public int MaxTokens { get; init; } = 1024;

    /// <summary>From a request's arrival to the end of its answer.</summary>
    public TimeSpan MaxTime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long the server waits at its end for the requests that it is working on.</summary>
    public TimeSpan ShutdownTime { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How many requests are decoded together and how many may wait, per model.</summary>
    public Generation.BatchOptions Batch { get; init; } = new();

    /// <summary>Whether logs are JSON objects, one a line.</summary>
    public bool JsonLogs { get; init; }

    /// <summary>Bytes of a request: pictures in base64 and the rest.</summary>
    internal long MaxRequestBytes => ((MaxImageBytes / 3) + 1L) * 4 * MaxImages + (1 << 16);

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="ArgumentException">A value is out of its range.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(Port);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Port, IPEndPoint.MaxPort);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxImageBytes, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(MaxImageBytes, Array.MaxLength);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxImagePixels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxImages, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxPromptTokens, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxTokens, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(MaxTime, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxTime, LongestTime);
        ArgumentOutOfRangeException.ThrowIfLessThan(ShutdownTime, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ShutdownTime, LongestTime);
        if (ApiKeys.Any(string.IsNullOrWhiteSpace))
        {
            throw new ArgumentException("An API key is not empty.", nameof(ApiKeys));
        }
        Batch.Validate();
    }
}
