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
    /// <summary>Tokens of an answer that does not end before its client is gone or its time is up.</summary>
    private const int Endless = 10_000_000;

    [Fact]
    public async Task Whoever_comes_to_a_full_server_is_told_when_to_try_again_and_is_answered_when_there_is_room()
    {
        await using RunningServer server = await RunningServer.StartAsync(
            new ServerOptions { MaxTokens = Endless, Batch = new BatchOptions { MaxSequences = 2, MaxWaiting = 3 } });
        using CancellationTokenSource stop = new();
        List<Task> endless = [];
        for (int i = 1; i <= 5; i++)
        {
            endless.Add(AskEndlesslyAsync(server, answers: 1, stop.Token));
            // One after the other: a place in the queue is free again when its request runs.
            await RunningServer.WaitUntilAsync(
                () => server.Scheduler.SequenceCount == Math.Min(i, 2) && server.Scheduler.QueueLength == Math.Max(i - 2, 0));
        }
        for (int i = 0; i < 10; i++)
        {
            await AssertRefusedAsync(server);
        }
        await stop.CancelAsync();
        await Task.WhenAll(endless);
        await AssertAnsweredSoonAsync(server);
    }

    [Fact]
    public async Task A_full_queue_is_told_of_too_where_requests_with_several_answers_leave_no_room_for_others()
    {
        await using RunningServer server = await RunningServer.StartAsync(
            new ServerOptions { MaxTokens = Endless, Batch = new BatchOptions { MaxSequences = 2, MaxWaiting = 1 } });
        using CancellationTokenSource stop = new();
        Task both = AskEndlesslyAsync(server, answers: 2, stop.Token);
        await RunningServer.WaitUntilAsync(() => server.Scheduler.SequenceCount == 2 && server.Scheduler.QueueLength == 0);
        Task waiting = AskEndlesslyAsync(server, answers: 1, stop.Token);
        await RunningServer.WaitUntilAsync(() => server.Scheduler.QueueLength == 1);
        // Three requests are let in, and there are two.
        await AssertRefusedAsync(server);
        await stop.CancelAsync();
        await Task.WhenAll(both, waiting);
        await AssertAnsweredSoonAsync(server);
    }

    [Theory]
    [InlineData("/v1/caption")]
    [InlineData("/v1/chat/completions")]
    public async Task A_client_that_vanishes_stops_the_work_for_it_and_is_no_fault(string path)
    {
        await using RunningServer server = await RunningServer.StartAsync(new ServerOptions { MaxTokens = Endless });
        for (int i = 0; i < 5; i++)
        {
            using HttpRequestMessage request = new(HttpMethod.Post, path);
            JsonObject body = path == "/v1/caption" ? EndlessBody(stream: true) : TestChats.Caption();
            (body["max_tokens"], body["stream"]) = (Endless, true);
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
            using HttpResponseMessage response = await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            using Stream stream = await response.Content.ReadAsStreamAsync();
            Assert.NotEqual(0, await stream.ReadAsync(new byte[10]));
        }
        await server.WaitUntilIdleAsync();
        const string Gone = "client gone: True";
        await RunningServer.WaitUntilAsync(() => server.Log.Entries.Count(entry => entry.Contains(Gone, StringComparison.Ordinal)) == 5);
        Assert.Empty(server.Log.Faults);
    }

    [Theory]
    [InlineData("/v1/caption", "application/json", "{\"image\":\"data:image/png;base64,AAAA")]
    [InlineData("/v1/caption", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"image\"\r\n\r\nAAAA")]
    [InlineData("/v1/chat/completions", "application/json", "{\"messages\":[")]
    public async Task A_client_that_vanishes_in_the_middle_of_its_request_is_no_fault(string path, string type, string begun)
    {
        await using RunningServer server = await RunningServer.StartAsync();
        foreach (bool reset in new[] { false, true })
        {
            int before = server.Log.Entries.Count();
            using (TcpClient client = await server.BeginPostAsync(path, length: 100_000, type: type, header: "Expect: 100-continue\r\n"))
            {
                // The server says so when it begins to read the body.
                using StreamReader answer = new(client.GetStream(), leaveOpen: true);
                Assert.Equal("HTTP/1.1 100 Continue", await answer.ReadLineAsync());
                await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(begun));
                // With a time of 0 the system says to the other side that the connection is broken, and otherwise that it has ended.
                client.LingerState = new LingerOption(reset, 0);
            }
            await RunningServer.WaitUntilAsync(() => server.Log.Entries.Count() > before);
        }
        Assert.Empty(server.Log.Faults);
        await server.PostFormAsync("/v1/caption", TestPictures.Bytes, ("max_tokens", "3")).JsonAsync();
    }

    [Fact]
    public async Task A_request_that_takes_too_long_is_ended()
    {
        await using RunningServer server = await RunningServer.StartAsync(
            new ServerOptions { MaxTokens = Endless, MaxTime = TimeSpan.FromMilliseconds(300) });
        await server.PostJsonAsync("/v1/caption", EndlessBody(stream: false)).JsonAsync(HttpStatusCode.GatewayTimeout);
        await server.WaitUntilIdleAsync();
    }

    [Fact]
    public async Task A_stream_that_takes_too_long_says_so()
    {
        // The stream has to begin before its time is up, and how long that takes is the machine's affair.
        for (TimeSpan time = TimeSpan.FromSeconds(1); ; time *= 4)
        {
            await using RunningServer server = await RunningServer.StartAsync(new ServerOptions { MaxTokens = Endless, MaxTime = time });
            using HttpResponseMessage response = await server.PostJsonAsync("/v1/caption", EndlessBody(stream: true));
            if (response.StatusCode == HttpStatusCode.GatewayTimeout && time < RunningServer.Patience)
            {
                continue;
            }
            string events = await response.Content.ReadAsStringAsync();
            Assert.StartsWith("event: start\n", events, StringComparison.Ordinal);
            const string Error = "event: error\ndata: {\"error\":{\"message\":\"The request took longer than it may.\"";
            Assert.Contains(Error, events, StringComparison.Ordinal);
            await server.WaitUntilIdleAsync();
            return;
        }
    }

    [Fact]
    public async Task Bodies_that_are_too_long_are_refused_before_they_are_read()
    {
        await using RunningServer server = await RunningServer.StartAsync(new ServerOptions { MaxImageBytes = 100_000 });
        JsonElement error = await server.PostFormAsync("/v1/caption", new byte[200_000]).JsonAsync(HttpStatusCode.RequestEntityTooLarge);
        Assert.Equal("image", error.GetProperty("error").GetProperty("param").GetString());
        // What is far too long is refused by what it says of itself. Nothing of it is sent: a sender would be cut off, and miss the answer.
        using TcpClient client = await server.BeginPostAsync("/v1/caption", length: 2_000_000);
        using StreamReader answer = new(client.GetStream());
        Assert.StartsWith("HTTP/1.1 413 ", await answer.ReadLineAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bodies_that_are_never_sent_to_their_end_keep_nobody_from_being_answered()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        List<TcpClient> halves = [];
        for (int i = 0; i < 20; i++)
        {
            halves.Add(await server.BeginPostAsync("/v1/caption", length: 100_000, $$"""{"image":"{{new string('x', i * 100)}}"""));
        }
        await server.PostFormAsync("/v1/caption", TestPictures.Bytes, ("max_tokens", "3")).JsonAsync();
        halves.ForEach(client => client.Dispose());
        await server.PostFormAsync("/v1/caption", TestPictures.Bytes, ("max_tokens", "3")).JsonAsync();
    }

    [Fact]
    public async Task A_server_that_is_stopped_finishes_what_it_is_working_on()
    {
        await using RunningServer server = await RunningServer.StartAsync(new ServerOptions { ShutdownTime = RunningServer.Patience });
        List<HttpResponseMessage> running = [];
        for (int i = 0; i < 4; i++)
        {
            using HttpRequestMessage request = new(HttpMethod.Post, "/v1/caption");
            JsonObject body = new() { ["image"] = TestPictures.Url, ["max_tokens"] = 1000, ["stream"] = true };
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
            // It is at work once it has answered with the stream's head.
            running.Add(await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead));
        }
        Task stopping = server.App.StopAsync();
        foreach (HttpResponseMessage response in running)
        {
            Assert.Contains("event: done\n", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            response.Dispose();
        }
        await stopping;
        await Assert.ThrowsAsync<HttpRequestException>(() => server.Client.GetAsync(new Uri("/ready", UriKind.Relative)));
        Assert.Empty(server.Log.Faults);
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

    private static JsonObject EndlessBody(bool stream) => new()
    {
        ["image"] = TestPictures.Url,
        ["max_tokens"] = Endless,
        ["stream"] = stream,
    };

    /// <summary>Asks for answers that do not end by themselves, until <paramref name="stop"/>.</summary>
    private static async Task AskEndlesslyAsync(RunningServer server, int answers, CancellationToken stop)
    {
        JsonObject body = TestChats.Caption();
        (body["max_tokens"], body["n"]) = (Endless, answers);
        using StringContent content = new(body.ToJsonString(), Encoding.UTF8, "application/json");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => server.Client.PostAsync(new Uri("/v1/chat/completions", UriKind.Relative), content, stop));
    }

    private static async Task AssertRefusedAsync(RunningServer server)
    {
        using HttpResponseMessage refused = await server.PostFormAsync("/v1/caption", TestPictures.Bytes);
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
        JsonElement error = JsonDocument.Parse(await refused.Content.ReadAsStringAsync()).RootElement.GetProperty("error");
        Assert.Equal("queue_full", error.GetProperty("code").GetString());
    }

    /// <summary>The server learns of the end of others' requests a moment after them.</summary>
    private static async Task AssertAnsweredSoonAsync(RunningServer server)
    {
        HttpResponseMessage answer;
        do
        {
            answer = await server.PostFormAsync("/v1/caption", TestPictures.Bytes, ("max_tokens", "3"));
        }
        while (answer.StatusCode == HttpStatusCode.TooManyRequests);
        await Task.FromResult(answer).JsonAsync();
    }
}
