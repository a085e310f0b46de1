using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;
using PaliGemma.Generation;
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
        List<ServedModel> served = [];
        List<MaskDecoder> decoders = [];
        try
        {
            foreach ((string name, string folder, PaliGemmaPipeline pipeline) in models.LoadAll(parsed))
            {
                MaskDecoder? decoder = null;
                if (MaskWeightsOption.Find(parsed, maskWeights, folder) is string file)
                {
                    decoder = MaskDecoder.Load(file);
                    decoders.Add(decoder);
                }
                served.Add(new ServedModel(name, pipeline, options.Batch, decoder));
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
            decoders.ForEach(decoder => decoder.Dispose());
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
            string place = $"{new IPEndPoint(options.Address, options.Port)}";
            string reason = error.InnerException is SocketException inner ? inner.Message : error.Message;
            throw new IOException($"The server cannot listen on {place}: {reason}; expected an address of this machine (--address) and a free port (--port).", error);
        }
    }
}
