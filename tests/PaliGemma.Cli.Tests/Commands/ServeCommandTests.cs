using System.Net;
using System.Net.ServerSentEvents;
using System.Net.Sockets;
using System.Text.Json;
using PaliGemma.Cli.Commands;
using PaliGemma.Tests;

namespace PaliGemma.Cli.Tests.Commands;

public class ServeCommandTests
{
    private const int Streams = 4;

    [Fact]
    public async Task A_server_that_is_told_to_end_finishes_its_streams_takes_no_others_and_ends_without_an_error()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no SIGTERM on Windows.");
        // The streams should go on for longer than it takes to see that others are refused, and how fast the machine is nobody knows.
        bool wentOn = false;
        for (int tokens = 2_000; !wentOn && tokens <= 128_000; tokens *= 4)
        {
            wentOn = await TerminateUnderLoadAsync(tokens);
        }
        Assert.True(wentOn, "All streams had ended before others were refused.");
    }

    [Fact]
    public async Task A_port_that_is_taken_is_said_in_a_sentence()
    {
        using TcpListener taken = new(IPAddress.Loopback, 0);
        taken.Start();
        string port = $"{((IPEndPoint)taken.LocalEndpoint).Port}";
        (int exitCode, string output, string error) = await Paligemma.RunAsync(
            new Dictionary<string, string>(), "serve", "--model", Goldens.Path("models", "E"), "--port", port);
        Assert.Equal((1, ""), (exitCode, output));
        Assert.StartsWith($"paligemma: The server cannot listen on 127.0.0.1:{port}: ", error, StringComparison.Ordinal);
        Assert.EndsWith("; expected an address of this machine (--address) and a free port (--port).", error.TrimEnd(), StringComparison.Ordinal);
        Assert.DoesNotContain(".;", error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Theory]
    [InlineData("both called 'E'", "--model", "E", "--model", "E")]
    [InlineData("missing.npz", "--model", "none", "--port", "0", "--mask-decoder", "missing.npz")]
    [InlineData("--host-name is the name of a host without scheme, port and path, such as ai.example.com, not 'http://box:8080'.", "--host-name", "http://box:8080")]
    [InlineData("--image-host is the name of a host without scheme, port and path, such as ai.example.com, not '*.example.com'.", "--host-name", "*.example.com", "--image-host", "*.example.com")]
    [InlineData("--max-seconds is a whole number from 1 to 604800, not '2147484'.", "--max-seconds", "2147484")]
    public async Task What_cannot_be_served_is_said_before_a_model_is_loaded(string said, params string[] options)
    {
        // In the folder of models itself there is none, which is seen when it is loaded.
        string[] arguments = Array.ConvertAll(options, option => option switch
        {
            "E" => Goldens.Path("models", "E"),
            "none" => Goldens.Path("models"),
            _ => option,
        });
        (int exitCode, string output, string error) = await CommandRun.OfAsync(ServeCommand.Create(), arguments);
        Assert.Equal((1, ""), (exitCode, output));
        Assert.Contains(said, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task An_address_of_another_machine_is_refused_in_a_sentence()
    {
        (int exitCode, string output, string error) = await Paligemma.RunAsync(
            new Dictionary<string, string>(), "serve", "--model", Goldens.Path("models", "E"), "--address", "192.0.2.1", "--port", "0");
        Assert.Equal((1, ""), (exitCode, output));
        Assert.StartsWith("paligemma: The server cannot listen on 192.0.2.1:0: ", error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    /// <summary>Ends a server that is sending streams of so many tokens.</summary>
    /// <returns>Whether a stream was still being sent when others were refused.</returns>
    private static async Task<bool> TerminateUnderLoadAsync(int tokens)
    {
        string seconds = $"{ServingProcess.Patience.TotalSeconds}";
        await using ServingProcess serving = await ServingProcess.StartAsync(
            "--model", Goldens.Path("models", "E"), "--max-tokens", $"{tokens}", "--max-seconds", seconds, "--shutdown-seconds", seconds);
        using HttpClient client = new() { BaseAddress = serving.Address, Timeout = ServingProcess.Patience };
        List<HttpResponseMessage> responses = [];
        for (int i = 0; i < Streams; i++)
        {
            responses.Add(await BeginAsync(client, tokens));
        }

        await serving.TerminateAsync();
        Task<List<SseItem<string>>>[] streams = [.. responses.Select(ReadAsync)];
        await WaitUntilRefusedAsync(serving.Address);
        bool wentOn = streams.Any(stream => !stream.IsCompleted);

        foreach (List<SseItem<string>> events in await Task.WhenAll(streams))
        {
            AssertWhole(events, tokens);
        }
        Assert.Equal(0, await serving.WaitForExitAsync());
        Assert.DoesNotContain("fail:", serving.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("xception", serving.Output, StringComparison.Ordinal);
        return wentOn;
    }

    /// <summary>Asks for a stream; the server is at work on it once it has sent its head.</summary>
    private static async Task<HttpResponseMessage> BeginAsync(HttpClient client, int tokens)
    {
        using MultipartFormDataContent form = [];
        form.Add(new ByteArrayContent(await File.ReadAllBytesAsync(Goldens.Path("images", "01_rgb_320x240.png"))), "image", "picture.png");
        form.Add(new StringContent($"{tokens}"), "max_tokens");
        form.Add(new StringContent("true"), "stream");
        using HttpRequestMessage request = new(HttpMethod.Post, "/v1/caption") { Content = form };
        HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        response.EnsureSuccessStatusCode();
        return response;
    }

    private static async Task<List<SseItem<string>>> ReadAsync(HttpResponseMessage response)
    {
        using (response)
        {
            using Stream stream = await response.Content.ReadAsStreamAsync();
            return await SseParser.Create(stream).EnumerateAsync().ToListAsync();
        }
    }

    /// <summary>Asks over new connections until there is no server for them.</summary>
    private static async Task WaitUntilRefusedAsync(Uri address)
    {
        using CancellationTokenSource limit = new(ServingProcess.Patience);
        while (true)
        {
            using HttpClient other = new() { BaseAddress = address, Timeout = ServingProcess.Patience };
            try
            {
                using HttpResponseMessage response = await other.GetAsync(new Uri("/ready", UriKind.Relative), limit.Token);
            }
            catch (HttpRequestException)
            {
                return;
            }
        }
    }

    private static void AssertWhole(List<SseItem<string>> events, int tokens)
    {
        Assert.Equal(("start", "done"), (events[0].EventType, events[^1].EventType));
        JsonElement answer = JsonDocument.Parse(events[^1].Data).RootElement;
        Assert.Equal(tokens, answer.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
        IEnumerable<string?> pieces = events.Where(one => one.EventType == "text")
            .Select(one => JsonDocument.Parse(one.Data).RootElement.GetProperty("text").GetString());
        Assert.Equal(answer.GetProperty("text").GetString(), string.Concat(pieces));
    }
}
