using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace PaliGemma.Server.Tests;

/// <summary>Whatever a body says, the server answers it or says in a sentence why not; a fault of its own is neither.</summary>
public sealed class HostileBodiesTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    /// <summary>What takes the place of a field's value; a half of a surrogate pair is no text.</summary>
    private static readonly string[] Values =
    [
        "null", "true", "-1", "0", "0.5", "1e300", "99999999999999999999", "[]", "[null]", "[[]]", "[{}]", "{}", """{"a":null}""",
        "\"\"", "\"x\"", """ "\u0000" """, """ "\ud800" """, """ "<image><loc0001>" """,
    ];

    private readonly RunningServer _server = fixture.Server;

    public static TheoryData<string, string[]> Endpoints => new()
    {
        { "/v1/detect", ["image", "model", "max_tokens", "temperature", "top_k", "top_p", "seed", "stream", "things", "max_overlap"] },
        { "/v1/caption", ["language", "style"] },
        { "/v1/answer", ["question", "language"] },
        { "/v1/generate", ["prompt"] },
        {
            "/v1/chat/completions",
            [
                "model", "messages", "max_tokens", "max_completion_tokens", "temperature", "top_p", "seed", "stop", "n", "stream",
                "stream_options", "logprobs", "top_logprobs", "presence_penalty", "frequency_penalty", "logit_bias", "tools", "functions",
                "response_format", "user",
            ]
        },
    };

    [Theory]
    [MemberData(nameof(Endpoints))]
    public async Task Any_value_of_any_field_is_answered_or_refused(string path, string[] fields)
    {
        foreach (string field in fields)
        {
            foreach (string value in Values)
            {
                JsonObject body = Body(path);
                body.Remove(field);
                string text = $$"""{"{{field}}":{{value}},{{body.ToJsonString()[1..]}}""";
                await AssertAnsweredOrRefusedAsync(path, text);
            }
        }
        Assert.Empty(_server.Log.Faults);
    }

    [Theory]
    [InlineData("""[VALUE]""")]
    [InlineData("""[{"role":VALUE,"content":"caption en"}]""")]
    [InlineData("""[{"role":"user","content":VALUE}]""")]
    [InlineData("""[{"role":"user","content":[VALUE]}]""")]
    [InlineData("""[{"role":"user","content":[{"type":VALUE,"text":"caption en"}]}]""")]
    [InlineData("""[{"role":"user","content":[{"type":"text","text":VALUE}]}]""")]
    [InlineData("""[{"role":"user","content":[{"type":"image_url","image_url":VALUE}]}]""")]
    [InlineData("""[{"role":"user","content":[{"type":"image_url","image_url":{"url":VALUE}}]}]""")]
    public async Task Any_value_inside_of_messages_is_answered_or_refused(string messages)
    {
        foreach (string value in Values)
        {
            string text = $$"""{"max_tokens":3,"messages":{{messages.Replace("VALUE", value, StringComparison.Ordinal)}}}""";
            await AssertAnsweredOrRefusedAsync("/v1/chat/completions", text);
        }
        Assert.Empty(_server.Log.Faults);
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("--x")]
    [InlineData("--x\r\n")]
    [InlineData("--x\r\nnonsense\r\n\r\n--x--\r\n")]
    [InlineData("--x\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a.png\"\r\n\r\nAAAA")]
    [InlineData("--x\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a.png\"\r\n\r\nAAAA\r\n--x--\r\n")]
    [InlineData("--x\r\nContent-Disposition: form-data; name=\"image\"\r\n\r\nAAAA\r\n--x--\r\n")]
    [InlineData("--x\r\nContent-Disposition: form-data\r\n\r\nAAAA\r\n--x--\r\n")]
    [InlineData("--x\r\nContent-Disposition: form-data; name=\"max_tokens\"\r\n\r\nmany\r\n--x--\r\n")]
    public async Task Forms_that_are_none_are_refused(string form)
    {
        using StringContent content = new(form);
        content.Headers.ContentType = new("multipart/form-data") { Parameters = { new("boundary", "x") } };
        JsonElement error = await _server.Client.PostAsync(new Uri("/v1/caption", UriKind.Relative), content)
            .JsonAsync(HttpStatusCode.BadRequest);
        Assert.EndsWith(".", error.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Empty(_server.Log.Faults);
    }

    private static JsonObject Body(string path)
    {
        JsonObject body = path == "/v1/chat/completions" ? TestChats.Caption() : new JsonObject { ["image"] = TestPictures.Url };
        body["max_tokens"] = 3;
        switch (path)
        {
            case "/v1/detect":
                body["max_tokens"] = 8;
                body["things"] = new JsonArray("cat");
                break;
            case "/v1/answer":
                body["question"] = "what?";
                break;
            case "/v1/generate":
                body["prompt"] = "caption en";
                break;
        }
        return body;
    }

    private async Task AssertAnsweredOrRefusedAsync(string path, string body)
    {
        using HttpResponseMessage response = await _server.PostAsync(path, body);
        string text = await response.Content.ReadAsStringAsync();
        string about = $"{body[..Math.Min(body.Length, 120)]} was answered {response.StatusCode}: {text}";
        Assert.True(response.StatusCode is HttpStatusCode.OK or HttpStatusCode.BadRequest or HttpStatusCode.NotFound, about);
        if (response.StatusCode == HttpStatusCode.OK)
        {
            Assert.DoesNotContain("event: error", text, StringComparison.Ordinal);
        }
        else
        {
            string sentence = JsonDocument.Parse(text).RootElement.GetProperty("error").GetProperty("message").GetString()!;
            Assert.True(sentence.EndsWith('.') && !sentence.Contains('\n', StringComparison.Ordinal), about);
        }
    }
}
