using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using PaliGemma.Generation;

namespace PaliGemma.Server.Tests;

/// <summary>What many, slow and rude clients do to the server.</summary>
public class LoadTests
{
    [Fact]
    public async Task Whoever_comes_to_a_full_server_is_told_when_to_try_again_and_is_answered_when_there_is_room()
    {
        await using RunningServer server = await RunningServer.StartAsync(
            new ServerOptions { MaxTokens = 10_000_000, Batch = new BatchOptions { MaxSequences = 2, MaxWaiting = 3 } });
        List<HttpResponseMessage> endless = [];
        for (int i = 0; i < 5; i++)
        {
            endless.Add(await StartEndlessAsync(server));
            // A place in the queue is free again when its request runs.
            while (server.Scheduler.SequenceCount < Math.Min(i + 1, 2))
            {
                await Task.Delay(1);
            }
        }
        for (int i = 0; i < 10; i++)
        {
            using HttpResponseMessage refused = await server.PostFormAsync("/v1/caption", TestPictures.Bytes);
            Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
            Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
            JsonElement error = JsonDocument.Parse(await refused.Content.ReadAsStringAsync()).RootElement.GetProperty("error");
            Assert.Equal("queue_full", error.GetProperty("code").GetString());
        }
        endless.ForEach(response => response.Dispose());
        HttpResponseMessage answer;
        do
        {
            answer = await server.PostFormAsync("/v1/caption", TestPictures.Bytes, ("max_tokens", "3"));
        }
        while (answer.StatusCode == HttpStatusCode.TooManyRequests);
        await Task.FromResult(answer).JsonAsync();
    }

    [Fact]
    public async Task A_client_that_vanishes_stops_the_work_for_it()
    {
        await using RunningServer server = await RunningServer.StartAsync(new ServerOptions { MaxTokens = 10_000_000 });
        for (int i = 0; i < 5; i++)
        {
            using HttpResponseMessage response = await StartEndlessAsync(server);
            using Stream stream = await response.Content.ReadAsStreamAsync();
            Assert.NotEqual(0, await stream.ReadAsync(new byte[10]));
        }
        await server.WaitUntilIdleAsync();
    }

    [Fact]
    public async Task A_request_that_takes_too_long_is_ended_and_a_stream_says_so()
    {
        ServerOptions options = new() { MaxTokens = 10_000_000, MaxTime = TimeSpan.FromMilliseconds(700) };
        await using RunningServer server = await RunningServer.StartAsync(options);
        JsonObject endless = new() { ["image"] = TestPictures.Url, ["max_tokens"] = 10_000_000 };
        await server.PostJsonAsync("/v1/caption", endless).JsonAsync(HttpStatusCode.GatewayTimeout);
        endless["stream"] = true;
        using HttpResponseMessage response = await server.PostJsonAsync("/v1/caption", endless);
        string events = await response.Content.ReadAsStringAsync();
        Assert.Contains("event: error\ndata: {\"error\":{\"message\":\"The request took longer than it may.\"", events, StringComparison.Ordinal);
        await server.WaitUntilIdleAsync();
    }

    [Fact]
    public async Task Bodies_that_are_too_long_are_refused_before_they_are_read()
    {
        await using RunningServer server = await RunningServer.StartAsync(new ServerOptions { MaxImageBytes = 100_000 });
        JsonElement error = await server.PostFormAsync("/v1/caption", new byte[200_000]).JsonAsync(HttpStatusCode.RequestEntityTooLarge);
        Assert.Equal("image", error.GetProperty("error").GetProperty("param").GetString());
        await server.PostFormAsync("/v1/caption", new byte[2_000_000]).JsonAsync(HttpStatusCode.RequestEntityTooLarge);
    }

    [Fact]
    public async Task Bodies_that_are_never_sent_to_their_end_keep_nobody_from_being_answered()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        List<TcpClient> halves = [];
        for (int i = 0; i < 20; i++)
        {
            TcpClient client = new();
            await client.ConnectAsync(IPAddress.Loopback, server.Client.BaseAddress!.Port);
            string head = string.Create(
                CultureInfo.InvariantCulture,
                $"POST /v1/caption HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{{\"image\":\"{new string('x', i * 100)}");
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head));
            halves.Add(client);
        }
        await server.PostFormAsync("/v1/caption", TestPictures.Bytes, ("max_tokens", "3")).JsonAsync();
        halves.ForEach(client => client.Dispose());
        await server.PostFormAsync("/v1/caption", TestPictures.Bytes, ("max_tokens", "3")).JsonAsync();
    }

    [Fact]
    public async Task A_server_that_is_stopped_finishes_what_it_is_working_on()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        Task<HttpResponseMessage>[] running =
        [
            .. Enumerable.Range(0, 6).Select(i =>
                server.PostFormAsync("/v1/caption", TestPictures.Bytes, ("max_tokens", "300"), ("temperature", "1"), ("seed", $"{i}"))),
        ];
        while (server.Scheduler.SequenceCount < 2)
        {
            await Task.Delay(1);
        }
        await server.App.StopAsync();
        foreach (Task<HttpResponseMessage> request in running.Where(request => !request.IsFaulted))
        {
            await request.JsonAsync();
        }
        Assert.True(running.Count(request => request.IsCompletedSuccessfully) >= 2);
    }

    [Fact]
    public async Task Thousands_of_bad_requests_leave_the_server_as_it_was()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        string[] bodies = ["", "{", "[]", "{\"image\":1}", "{\"image\":\"data:;base64,AAAA\"}", "{\"things\":[]}", "\0\0\0", "{\"a\":" + new string('[', 200)];
        string[] paths = ["/v1/caption", "/v1/detect", "/v1/chat/completions", "/v1/nothing"];
        await Parallel.ForEachAsync(Enumerable.Range(0, 2000), async (i, _) =>
        {
            using HttpResponseMessage response = await server.PostAsync(paths[i % paths.Length], bodies[i / paths.Length % bodies.Length]);
            Assert.InRange((int)response.StatusCode, 400, 499);
        });
        await server.PostFormAsync("/v1/caption", TestPictures.Bytes, ("max_tokens", "3")).JsonAsync();
        Assert.Equal(0, server.Scheduler.QueueLength);
    }

    /// <summary>A stream that has begun and does not end by itself.</summary>
    private static async Task<HttpResponseMessage> StartEndlessAsync(RunningServer server)
    {
        JsonObject body = new() { ["image"] = TestPictures.Url, ["max_tokens"] = 10_000_000, ["stream"] = true };
        using HttpRequestMessage request = new(HttpMethod.Post, "/v1/caption");
        request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        HttpResponseMessage response = await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return response;
    }
}
