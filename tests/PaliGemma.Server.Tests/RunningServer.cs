using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
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

    // The log of each request would hide the tests' own output.
    static RunningServer() => Environment.SetEnvironmentVariable("Logging__LogLevel__Default", "None");

    private RunningServer(WebApplication app, ServedModel model, MaskDecoder? masks)
    {
        (App, _model, _masks) = (app, model, masks);
        Client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()), Timeout = TimeSpan.FromMinutes(1) };
    }

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
    public async Task WaitUntilIdleAsync()
    {
        using CancellationTokenSource limit = new(TimeSpan.FromMinutes(1));
        while (Scheduler.QueueLength + Scheduler.SequenceCount > 0)
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
