using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using PaliGemma.Generation;
using PaliGemma.Server;

namespace PaliGemma.Cli.Commands;

/// <summary>The options that say where a server listens and what it takes on.</summary>
internal sealed class ServeArguments
{
    private static readonly ServerOptions Defaults = new();

    /// <summary>A week.</summary>
    private const int MostSeconds = 7 * 24 * 60 * 60;

    private readonly Option<IPAddress> _address = new("--address")
    {
        Description = "The address to listen on: 127.0.0.1 is this machine alone, 0.0.0.0 all networks.",
        DefaultValueFactory = _ => Defaults.Address,
        CustomParser = result =>
        {
            if (IPAddress.TryParse(result.Tokens[0].Value, out IPAddress? address))
            {
                return address;
            }
            result.AddError($"--address is an IP address, not '{result.Tokens[0].Value}'.");
            return Defaults.Address;
        },
        HelpName = "IP",
    };

    private readonly Option<int> _port = new("--port")
    {
        Description = "The port to listen on; 0 takes a free one.",
        DefaultValueFactory = _ => Defaults.Port,
        CustomParser = NumberParser.Create<int>(value => value is >= 0 and <= IPEndPoint.MaxPort, $"a whole number from 0 to {IPEndPoint.MaxPort}"),
        HelpName = "N",
    };

    private readonly Option<string[]> _hostNames = new("--host-name")
    {
        CustomParser = result => ParseHosts(result, "--host-name", isPattern: true),
        Description = "A name under which browsers may reach the server; without any, this machine's where it listens there alone, and all elsewhere.",
        HelpName = "NAME",
    };

    private readonly Option<string[]> _imageHosts = new("--image-host")
    {
        CustomParser = result => ParseHosts(result, "--image-host", isPattern: false),
        Description = "A host from which pictures may be fetched; without any, pictures come with requests only.",
        HelpName = "NAME",
    };

    private readonly Option<int> _imageBytes = CreateLimit("--max-image-bytes", "Bytes of a picture's file.", Defaults.MaxImageBytes);
    private readonly Option<int> _imagePixels = CreateLimit("--max-image-pixels", "Pixels of a picture.", (int)Defaults.MaxImagePixels);
    private readonly Option<int> _tokens = CreateLimit("--max-tokens", "Tokens of an answer.", Defaults.MaxTokens);
    private readonly Option<int> _seconds = CreateLimit("--max-seconds", "Seconds that a request may take.", (int)Defaults.MaxTime.TotalSeconds, MostSeconds);
    private readonly Option<int> _shutdown = CreateLimit(
        "--shutdown-seconds", "Seconds that a server waits at its end for requests that it has.", (int)Defaults.ShutdownTime.TotalSeconds, MostSeconds);

    private readonly Option<int> _batch = CreateLimit("--max-batch", "Answers that are decoded together.", Defaults.Batch.MaxSequences);
    private readonly Option<int> _queue = CreateLimit("--max-queue", "Requests that wait; further ones are told to try later.", Defaults.Batch.MaxWaiting);
    private readonly Option<bool> _jsonLogs = new("--json-logs") { Description = "Write logs as JSON objects, one a line." };

    public void AddTo(Command command)
    {
        foreach (Option option in new Option[]
            {
                _address, _port, _hostNames, _imageHosts, _imageBytes, _imagePixels, _tokens, _seconds, _shutdown,
                _batch, _queue, _jsonLogs,
            })
        {
            command.Options.Add(option);
        }
    }

    public ServerOptions Read(ParseResult parsed) => new()
    {
        Address = parsed.GetRequiredValue(_address),
        Port = parsed.GetValue(_port),
        HostNames = parsed.GetValue(_hostNames) ?? [],
        ImageHosts = parsed.GetValue(_imageHosts) ?? [],
        MaxImageBytes = parsed.GetValue(_imageBytes),
        MaxImagePixels = parsed.GetValue(_imagePixels),
        MaxTokens = parsed.GetValue(_tokens),
        MaxTime = TimeSpan.FromSeconds(parsed.GetValue(_seconds)),
        ShutdownTime = TimeSpan.FromSeconds(parsed.GetValue(_shutdown)),
        Batch = new BatchOptions { MaxSequences = parsed.GetValue(_batch), MaxWaiting = parsed.GetValue(_queue) },
        JsonLogs = parsed.GetValue(_jsonLogs),
    };

    /// <summary>
    /// Reads names of hosts, or patterns with <c>*.</c> before a name for all below it: what is more than a name would never be the same as one.
    /// </summary>
    private static string[] ParseHosts(ArgumentResult result, string option, bool isPattern)
    {
        string[] names = [.. result.Tokens.Select(token => token.Value)];
        if (Array.Find(names, name => Uri.CheckHostName(isPattern && name.StartsWith("*.", StringComparison.Ordinal) ? name[2..] : name) == UriHostNameType.Unknown) is string wrong)
        {
            result.AddError($"{option} is the name of a host without scheme, port and path, such as ai.example.com, not '{wrong}'.");
        }
        return names;
    }

    private static Option<int> CreateLimit(string name, string description, int value, int most = int.MaxValue) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => value,
        CustomParser = NumberParser.Create<int>(
            limit => limit >= 1 && limit <= most, most == int.MaxValue ? "a whole number of at least 1" : $"a whole number from 1 to {most}"),
        HelpName = "N",
    };
}
