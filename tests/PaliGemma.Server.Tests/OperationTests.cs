using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using PaliGemma.Generation;
using PaliGemma.Server.Metrics;

namespace PaliGemma.Server.Tests;

public sealed partial class OperationTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private readonly RunningServer _server = fixture.Server;

    [Fact]
    public async Task Fewer_tokens_than_usual_and_any_number_of_waiting_requests_are_limits_too()
    {
        BatchOptions batch = new() { MaxWaiting = int.MaxValue };
        await using RunningServer server = await RunningServer.StartAsync(new ServerOptions { MaxTokens = 5, Batch = batch });
        JsonElement answer = await server.PostFormAsync("/v1/caption", TestPictures.Bytes).JsonAsync();
        Assert.Equal(5, answer.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
        await server.PostFormAsync("/v1/caption", TestPictures.Bytes, ("max_tokens", "6")).JsonAsync(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Metrics_tell_of_tokens_times_queue_batches_cache_memory_and_requests()
    {
        // Meters are the process's: only the model's name tells this server's from those of tests that run beside this one.
        await using RunningServer server = await RunningServer.StartAsync(name: "measured");
        await server.PostFormAsync("/v1/caption", TestPictures.Bytes, ("max_tokens", "7")).JsonAsync();
        await server.PostFormAsync("/v1/caption", TestPictures.Bytes, ("max_tokens", "7")).JsonAsync();
        // A request counts when its answer has been sent, a moment after its sender has it.
        string text;
        do
        {
            text = await server.Client.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        }
        while (!text.Contains("\nhttp_server_request_duration_seconds_bucket{", StringComparison.Ordinal));
        Dictionary<string, double> values = [];
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line[0] != '#'))
        {
            Match sample = Sample().Match(line);
            Assert.True(sample.Success, line);
            values.Add(sample.Groups[1].Value, double.Parse(sample.Groups[2].Value, CultureInfo.InvariantCulture));
        }
        const string Model = "{model=\"measured\"}";
        Assert.True(values["paligemma_tokens_total" + Model] >= 14);
        Assert.True(values["paligemma_first_token_duration_seconds_count" + Model] >= 2);
        Assert.True(values["paligemma_tokens_per_second_count" + Model] >= 2);
        Assert.True(values["paligemma_batch_size_count" + Model] >= 7);
        Assert.True(values["paligemma_image_cache_hits_total" + Model] >= 1);
        Assert.True(values["paligemma_image_cache_misses_total" + Model] >= 1);
        Assert.Equal(0, values["paligemma_queue_length" + Model]);
        Assert.True(values["dotnet_process_memory_working_set_bytes"] > 1e6);
        Assert.Contains(values.Keys, name => name.StartsWith("http_server_request_duration_seconds_bucket{", StringComparison.Ordinal));
        string histogram = "paligemma_first_token_duration_seconds";
        Assert.Equal(values[histogram + "_count" + Model], values[histogram + "_bucket{model=\"measured\",le=\"+Inf\"}"]);
    }

    [Fact]
    public void Labels_are_written_so_that_nothing_ends_them_early()
    {
        using MetricCollector collector = new();
        using System.Diagnostics.Metrics.Meter meter = new("PaliGemma");
        meter.CreateCounter<long>("test.labels").Add(2, new KeyValuePair<string, object?>("a.b", "x\"} 5\n\\"));
        Assert.Contains("test_labels_total{a_b=\"x\\\"} 5\\n\\\\\"} 2\n", collector.Collect(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_log_has_a_line_for_each_request_and_nothing_of_what_was_asked_or_answered()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        const string Secret = "what does the letter say?";
        string question = new JsonObject { ["image"] = TestPictures.Url, ["question"] = Secret, ["max_tokens"] = 8 }.ToJsonString();
        string answer = (await server.PostAsync("/v1/answer?hidden=1", question).JsonAsync()).GetProperty("text").GetString()!;
        await server.PostAsync("/v1/answer", question.Replace("\"max_tokens\":8", "\"max_tokens\":0", StringComparison.Ordinal))
            .JsonAsync(HttpStatusCode.BadRequest);
        await server.PostAsync("/v1/letter", question).JsonAsync(HttpStatusCode.NotFound);
        await RunningServer.WaitUntilAsync(() => server.Log.Entries.Count() >= 3);
        string[] entries = [.. server.Log.Entries];
        Assert.Equal(3, entries.Length);
        Assert.Contains("POST /v1/answer was answered 200 in ", entries[0], StringComparison.Ordinal);
        Assert.Contains("POST /v1/answer was answered 400 in ", entries[1], StringComparison.Ordinal);
        Assert.Contains("POST (none) was answered 404 in ", entries[2], StringComparison.Ordinal);
        Assert.NotEmpty(answer);
        foreach (string hidden in new[] { Secret, "letter", "hidden", answer, TestPictures.Url[^40..] })
        {
            Assert.All(entries, entry => Assert.DoesNotContain(hidden, entry, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Health_and_readiness_are_told()
    {
        Assert.Equal("ok", await _server.Client.GetStringAsync(new Uri("/health", UriKind.Relative)));
        Assert.Equal("ready", await _server.Client.GetStringAsync(new Uri("/ready", UriKind.Relative)));
    }

    [Fact]
    public async Task The_description_of_the_api_has_every_endpoint_with_its_fields()
    {
        using JsonDocument document = JsonDocument.Parse(await _server.Client.GetStringAsync(new Uri("/openapi/v1.json", UriKind.Relative)));
        JsonElement paths = document.RootElement.GetProperty("paths");
        string[] expected =
        [
            "/health", "/metrics", "/ready", "/v1/answer", "/v1/caption", "/v1/chat/completions", "/v1/detect", "/v1/generate", "/v1/models",
            "/v1/models/{name}", "/v1/ocr", "/v1/segment",
        ];
        Assert.Equal(expected, paths.EnumerateObject().Select(path => path.Name).Order(StringComparer.Ordinal));
        JsonElement schemas = document.RootElement.GetProperty("components").GetProperty("schemas");
        JsonElement detect = schemas.GetProperty("DetectRequest").GetProperty("properties");
        Assert.Equal(
            ["image", "max_overlap", "max_tokens", "model", "seed", "stream", "temperature", "things", "top_k", "top_p"],
            detect.EnumerateObject().Select(field => field.Name).Order(StringComparer.Ordinal));
        Assert.All(detect.EnumerateObject(), field => Assert.NotEmpty(field.Value.GetProperty("description").GetString()!));
        Assert.Equal(
            ["caption", "cap", "describe"],
            schemas.GetProperty("CaptionStyle").GetProperty("enum").EnumerateArray().Select(style => style.GetString()));
    }

    [Fact]
    public void Options_that_make_no_sense_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new ServerOptions { Port = 70_000 }.Validate());
        Assert.Throws<ArgumentOutOfRangeException>(() => new ServerOptions { MaxTokens = 0 }.Validate());
        Assert.Throws<ArgumentOutOfRangeException>(() => new ServerOptions { MaxImageBytes = int.MaxValue }.Validate());
        Assert.Throws<ArgumentOutOfRangeException>(() => new ServerOptions { MaxTime = TimeSpan.FromDays(30) }.Validate());
        Assert.Throws<ArgumentOutOfRangeException>(() => new ServerOptions { ShutdownTime = TimeSpan.FromDays(30) }.Validate());
        Assert.Throws<ArgumentException>(() => new ServerOptions { ApiKeys = [" "] }.Validate());
        Assert.Throws<ArgumentException>(() => PaliGemmaServer.Create(new ServerOptions(), []));
    }

    [GeneratedRegex("""^([a-z_]+(?:\{[a-z_]+="(?:[^"\\]|\\.)*"(?:,[a-z_]+="(?:[^"\\]|\\.)*")*\})?) (-?[0-9.E+-]+|NaN|\+Inf)$""")]
    private static partial Regex Sample();
}
