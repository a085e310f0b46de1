using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PaliGemma.Generation;
using PaliGemma.Tasks;
using PaliGemma.Tests;

namespace PaliGemma.Server.Tests;

/// <summary>The server as it is, on a free port of this machine, with the smallest whole model.</summary>
internal sealed class RunningServer : IAsyncDisposable
{
    /// <summary>The name of the model.</summary>
    public const string ModelName = "toy";

    private readonly ServedModel _model;
    private readonly MaskDecoder? _masks;

    // The log of each request would hide the tests' own output; they read it from the recorder.
    static RunningServer()
    {
        Environment.SetEnvironmentVariable("Logging__LogLevel__Default", "None");
        Environment.SetEnvironmentVariable($"Logging__{LogRecorder.Alias}__LogLevel__Default", "Information");
        Environment.SetEnvironmentVariable($"Logging__{LogRecorder.Alias}__LogLevel__Microsoft", "Warning");
    }

    private RunningServer(WebApplication app, ServedModel model, MaskDecoder? masks)
    {
        (App, _model, _masks) = (app, model, masks);
        Client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()), Timeout = Patience };
        app.Services.GetRequiredService<ILoggerFactory>().AddProvider(Log);
    }

    /// <summary>How long a test waits for anything: the machine may be busy with much else.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromMinutes(5);

    /// <summary>What the server logs, from its start on.</summary>
    public LogRecorder Log { get; } = new();

    public WebApplication App { get; }

    public HttpClient Client { get; }

    public PaliGemmaPipeline Pipeline => _model.Pipeline;

    public BatchScheduler Scheduler => _model.Scheduler;

    public MaskDecoder? Masks => _masks;

    public static async Task<RunningServer> StartAsync(ServerOptions? options = null, bool masks = false, string name = ModelName)
    {
        options = (options ?? new ServerOptions()) with { Port = 0 };
        MaskDecoder? decoder = masks ? MaskDecoder.Load(Goldens.Path("expected", "mask-vae", "vae-random.npz")) : null;
        ServedModel model = new(name, PaliGemmaPipeline.Load(Goldens.Path("models", "E")), options.Batch, decoder);
        WebApplication app = PaliGemmaServer.Create(options, [model]);
        await app.StartAsync();
        return new RunningServer(app, model, decoder);
    }

    public Task<HttpResponseMessage> PostJsonAsync(string path, JsonObject body) => PostAsync(path, body.ToJsonString());

    public async Task<HttpResponseMessage> PostAsync(string path, string body, string type = "application/json")
    {
        using StringContent content = new(body, Encoding.UTF8, type);
        return await Client.PostAsync(new Uri(path, UriKind.Relative), content);
    }

    /// <summary>Sends the beginning of a request over a connection of its own, which is open when the method returns.</summary>
    /// <param name="path">Where to.</param>
    /// <param name="length">Bytes that the body is said to have.</param>
    /// <param name="begun">What is sent of the body.</param>
    /// <param name="type">The body's.</param>
    /// <param name="header">A line more of the head, its end included.</param>
    public async Task<TcpClient> BeginPostAsync(
        string path, int length, string begun = "", string type = "application/json", string header = "")
    {
        TcpClient client = new();
        await client.ConnectAsync(IPAddress.Loopback, Client.BaseAddress!.Port);
        string text = $"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {type}\r\nContent-Length: {length}\r\n{header}\r\n{begun}";
        await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(text));
        return client;
    }

    /// <summary>Sends a form with a picture file and fields, which may repeat.</summary>
    public async Task<HttpResponseMessage> PostFormAsync(string path, byte[] image, params (string Name, string Value)[] fields)
    {
        using MultipartFormDataContent form = [];
        form.Add(new ByteArrayContent(image), "image", "picture.png");
        foreach ((string name, string value) in fields)
        {
            form.Add(new StringContent(value), name);
        }
        return await Client.PostAsync(new Uri(path, UriKind.Relative), form);
    }

    /// <summary>Waits until no request is in the queue or the batch.</summary>
    public Task WaitUntilIdleAsync() => WaitUntilAsync(() => Scheduler.QueueLength + Scheduler.SequenceCount == 0);

    /// <summary>Waits until something is so.</summary>
    public static async Task WaitUntilAsync(Func<bool> condition)
    {
        using CancellationTokenSource limit = new(Patience);
        while (!condition())
        {
            await Task.Delay(5, limit.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await App.StopAsync();
        await App.DisposeAsync();
        _model.Dispose();
        _masks?.Dispose();
    }
}

internal static class Responses
{
    /// <summary>The body of an answer that has the status expected.</summary>
    public static async Task<JsonElement> JsonAsync(this Task<HttpResponseMessage> sending, HttpStatusCode expected = HttpStatusCode.OK)
    {
        using HttpResponseMessage response = await sending;
        string body = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == expected, $"{response.StatusCode}: {body}");
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        return JsonDocument.Parse(body).RootElement;
    }
}
