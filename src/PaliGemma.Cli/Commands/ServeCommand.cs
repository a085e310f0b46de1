using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;
using PaliGemma.Server;
using PaliGemma.Tasks;

namespace PaliGemma.Cli.Commands;

/// <summary><c>paligemma serve</c>: an HTTP API and a web page.</summary>
internal static class ServeCommand
{
    private const string KeysVariable = "PALIGEMMA_API_KEYS";

    public static Command Create()
    {
        ModelArguments models = new();
        Option<string?> maskWeights = MaskWeightsOption.Create();
        ServeArguments arguments = new();
        Command command = new(
            "serve",
            "Serve models over HTTP: OpenAI's API, the tasks as typed objects, and a web page. "
            + $"Where the variable {KeysVariable} has keys, separated by commas, requests need one of them.");
        models.AllowSeveral();
        models.AddTo(command);
        command.Options.Add(maskWeights);
        arguments.AddTo(command);
        // Not asynchronous: the parser would end the process two seconds after Ctrl+C, and the server finishes what it is working on.
        command.SetAction(parsed => RunAsync(parsed, models, maskWeights, arguments).GetAwaiter().GetResult());
        return command;
    }

    private static async Task RunAsync(ParseResult parsed, ModelArguments models, Option<string?> maskWeights, ServeArguments arguments)
    {
        string? keys = Environment.GetEnvironmentVariable(KeysVariable);
        ServerOptions options = arguments.Read(parsed) with
        {
            ApiKeys = keys?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [],
        };
        options.Validate();
        (string Name, string Folder)[] named = [.. models.Resolve(parsed)];
        if (named.GroupBy(model => model.Name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } same)
        {
            throw new ArgumentException(
                $"The models {string.Join(" and ", same.Select(model => model.Folder))} are both called '{same.Key}'; expected names that tell them apart.");
        }
        CheckPort(options);
        List<ServedModel> served = [];
        List<MaskDecoder?> decoders = [];
        try
        {
            // Models take long: what may be wrong with their decoders is known first.
            foreach ((_, string folder) in named)
            {
                decoders.Add(MaskWeightsOption.Find(parsed, maskWeights, folder) is string file ? MaskDecoder.Load(file) : null);
            }
            foreach (((string name, string folder), MaskDecoder? decoder) in named.Zip(decoders))
            {
                served.Add(new ServedModel(name, models.Load(parsed, folder, models.Format(parsed)), options.Batch, decoder));
            }
            WebApplication app = PaliGemmaServer.Create(options, served);
            await using (app.ConfigureAwait(false))
            {
                await StartAsync(app, options).ConfigureAwait(false);
                Console.Error.WriteLine($"paligemma: Serving {string.Join(", ", served.Select(model => model.Name))} on {string.Join(", ", app.Urls)}");
                await app.WaitForShutdownAsync().ConfigureAwait(false);
            }
        }
        finally
        {
            served.ForEach(model => model.Dispose());
            decoders.ForEach(decoder => decoder?.Dispose());
        }
    }

    /// <summary>Finds out whether the port is free, before models are loaded; that it still is later nobody knows.</summary>
    private static void CheckPort(ServerOptions options)
    {
        try
        {
            using TcpListener listener = new(options.Address, options.Port);
            listener.Start();
        }
        catch (SocketException error)
        {
            throw CannotListen(options, error);
        }
    }

    private static async Task StartAsync(WebApplication app, ServerOptions options)
    {
        try
        {
            await app.StartAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (error is SocketException or IOException)
        {
            throw CannotListen(options, error);
        }
    }

    private static IOException CannotListen(ServerOptions options, Exception error) => new(
        $"The server cannot listen on {new IPEndPoint(options.Address, options.Port)}: {error.GetBaseException().Message.TrimEnd('.')}; "
        + "expected an address of this machine (--address) and a free port (--port).",
        error);
}
