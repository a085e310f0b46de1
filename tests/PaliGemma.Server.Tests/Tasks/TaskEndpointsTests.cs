using System.Net;
using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Text.Json.Nodes;
using PaliGemma.Generation;
using PaliGemma.Tasks;

namespace PaliGemma.Server.Tests.Tasks;

public sealed class TaskEndpointsTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private readonly RunningServer _server = fixture.Server;

    public static TheoryData<string, TaskPrompt, (string, JsonNode?)[]> Tasks => new()
    {
        { "caption", new CaptionPrompt("en"), [] },
        { "caption", new CaptionPrompt("de", CaptionStyle.Describe), [("language", "de"), ("style", "describe")] },
        { "ocr", new OcrPrompt(), [] },
        { "answer", new AnswerPrompt("what is it?", "en"), [("question", "what is it?")] },
        { "answer", new AnswerPrompt("was ist das?", "de"), [("question", "was ist das?"), ("language", "de")] },
        { "detect", new DetectPrompt("cat", "big dog"), [("things", new JsonArray("cat", "big dog"))] },
        { "detect", new DetectPrompt("cat", "big dog"), [("things", new JsonArray("cat; big dog")), ("model", RunningServer.ModelName)] },
        { "segment", new SegmentPrompt("cat"), [("things", new JsonArray("cat"))] },
        { "generate", TaskPrompt.Parse("detect cat"), [("prompt", "detect cat")] },
        { "generate", new FreePrompt("hello"), [("prompt", "hello")] },
    };

    [Theory]
    [MemberData(nameof(Tasks))]
    public async Task A_task_is_answered_as_the_library_answers_it(string path, TaskPrompt task, (string, JsonNode?)[] fields)
    {
        JsonObject body = Body(fields);
        JsonElement answer = await _server.PostJsonAsync("/v1/" + path, body).JsonAsync();
        AssertAnswers(task, answer);
        Assert.Equal("toy", answer.GetProperty("model").GetString());
        Assert.InRange(answer.GetProperty("timings").GetProperty("first_token_ms").GetDouble(), 0.001, answer.GetProperty("timings").GetProperty("total_ms").GetDouble());
    }

    [Theory]
    [MemberData(nameof(Tasks))]
    public async Task A_form_is_answered_as_json_is(string path, TaskPrompt task, (string, JsonNode?)[] fields)
    {
        (string, string)[] form =
        [
            .. Body(fields).Where(field => field.Key != "image").SelectMany(field =>
                field.Value is JsonArray list ? list.Select(one => (field.Key, one!.ToString())) : [(field.Key, field.Value!.ToString())]),
        ];
        AssertAnswers(task, await _server.PostFormAsync("/v1/" + path, TestPictures.Bytes, form).JsonAsync());
    }

    [Theory]
    [MemberData(nameof(Tasks))]
    public async Task A_stream_tells_of_text_and_objects_as_they_come_and_ends_with_the_whole_answer(
        string path, TaskPrompt task, (string, JsonNode?)[] fields)
    {
        JsonObject body = Body(fields);
        body["stream"] = true;
        List<SseItem<string>> events = await EventsAsync("/v1/" + path, body);
        Assert.Equal("start", events[0].EventType);
        JsonElement start = JsonDocument.Parse(events[0].Data).RootElement;
        Assert.Equal((task.Text, 320, 240), (start.GetProperty("prompt").GetString(), start.GetProperty("width").GetInt32(), start.GetProperty("height").GetInt32()));
        JsonElement done = JsonDocument.Parse(events[^1].Data).RootElement;
        Assert.Equal("done", events[^1].EventType);
        AssertAnswers(task, done);
        string text = string.Concat(events.Where(one => one.EventType == "text").Select(one => JsonDocument.Parse(one.Data).RootElement.GetProperty("text").GetString()));
        Assert.Equal(done.GetProperty("text").GetString(), text);
        string[] objects = [.. events.Where(one => one.EventType == "object").Select(one => one.Data)];
        Assert.Equal(done.GetProperty("objects").EnumerateArray().Select(one => one.GetRawText()), objects);
        if (objects.Length > 1)
        {
            Assert.True(events.FindIndex(one => one.EventType == "object") < events.FindLastIndex(one => one.EventType == "text"));
        }
    }

    [Fact]
    public async Task An_answer_without_room_for_an_object_says_that_its_length_ended_it()
    {
        JsonElement answer = await _server
            .PostJsonAsync("/v1/detect", Body([("things", new JsonArray("cat")), ("max_tokens", 3), ("temperature", 0)])).JsonAsync();
        Assert.Empty(answer.GetProperty("objects").EnumerateArray());
        Assert.Equal("length", answer.GetProperty("finish_reason").GetString());
    }

    [Fact]
    public async Task Overlapping_objects_are_left_out_if_that_is_asked_for()
    {
        JsonElement all = await _server.PostJsonAsync("/v1/detect", Body([("things", new JsonArray("cat"))])).JsonAsync();
        JsonElement few = await _server.PostJsonAsync("/v1/detect", Body([("things", new JsonArray("cat")), ("max_overlap", 0)])).JsonAsync();
        DetectedObject[] expected =
        [
            .. _server.Pipeline.Run(TestPictures.Image, new DetectPrompt("cat"), Options() with { DuplicateOverlap = 0 }).Objects,
        ];
        Assert.Equal(expected.Length, few.GetProperty("objects").GetArrayLength());
        Assert.Equal(all.GetProperty("text").GetString(), few.GetProperty("text").GetString());
    }

    [Theory]
    [InlineData("caption", """{"image":"IMAGE","langauge":"en"}""", "langauge")]
    [InlineData("caption", """{"image":"IMAGE","language":"xx"}""", null)]
    [InlineData("caption", """{"image":"IMAGE","style":"loud"}""", "style")]
    [InlineData("caption", """{"image":"IMAGE","style":1}""", "style")]
    [InlineData("caption", """{"image":"IMAGE","max_tokens":"many"}""", "max_tokens")]
    [InlineData("caption", """{"image":"IMAGE","max_tokens":0}""", null)]
    [InlineData("caption", """{"image":"IMAGE","max_tokens":100000}""", "max_tokens")]
    [InlineData("caption", """{"image":"IMAGE","temperature":-1}""", null)]
    [InlineData("caption", """{"image":"IMAGE","seed":-1}""", "seed")]
    [InlineData("caption", """{"image":"IMAGE","top_p":2}""", null)]
    [InlineData("caption", """{"language":"en"}""", "image")]
    [InlineData("caption", """{"image":"cat.png"}""", "image")]
    [InlineData("caption", """{"image":"file:///etc/passwd"}""", "image")]
    [InlineData("caption", """{"image":"https://example.com/cat.png"}""", "image")]
    [InlineData("caption", """{"image":"data:image/png,abc"}""", "image")]
    [InlineData("caption", """{"image":"data:image/png;base64,%%%"}""", "image")]
    [InlineData("caption", """{"image":"data:image/png;base64,"}""", "image")]
    [InlineData("caption", """{"image":"data:image/png;base64,aGVsbG8="}""", "image")]
    [InlineData("caption", """{"image":5}""", "image")]
    [InlineData("caption", "[]", null)]
    [InlineData("caption", "null", null)]
    [InlineData("caption", "{", null)]
    [InlineData("caption", "", null)]
    [InlineData("answer", """{"image":"IMAGE"}""", "question")]
    [InlineData("generate", """{"image":"IMAGE"}""", "prompt")]
    [InlineData("detect", """{"image":"IMAGE"}""", "things")]
    [InlineData("detect", """{"image":"IMAGE","things":[]}""", null)]
    [InlineData("detect", """{"image":"IMAGE","things":["cat\nnow"]}""", null)]
    [InlineData("detect", """{"image":"IMAGE","things":["cat"],"max_overlap":2}""", "max_overlap")]
    [InlineData("detect", """{"image":"IMAGE","things":["cat"],"max_tokens":0}""", null)]
    public async Task What_is_not_as_it_should_be_is_refused_with_a_sentence(string path, string body, string? field)
    {
        JsonElement error = (await _server.PostAsync("/v1/" + path, body.Replace("IMAGE", TestPictures.Url, StringComparison.Ordinal))
            .JsonAsync(HttpStatusCode.BadRequest)).GetProperty("error");
        Assert.Equal(field, error.GetProperty("param").GetString());
        Assert.Equal("invalid_request_error", error.GetProperty("type").GetString());
        string sentence = error.GetProperty("message").GetString()!;
        Assert.EndsWith(".", sentence, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', sentence);
        Assert.DoesNotContain("Parameter", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_prompt_that_is_too_long_is_refused()
    {
        foreach (int length in new[] { 2_000, 200_000 })
        {
            JsonElement error = await _server.PostJsonAsync("/v1/answer", Body([("question", new string('x', length))]))
                .JsonAsync(HttpStatusCode.BadRequest);
            Assert.Equal("prompt", error.GetProperty("error").GetProperty("param").GetString());
        }
    }

    [Fact]
    public async Task Deeply_nested_bodies_are_refused()
    {
        string body = $$"""{"image":{{new string('[', 100_000)}}""";
        await _server.PostAsync("/v1/caption", body).JsonAsync(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Pictures_that_lie_about_their_size_or_are_damaged_are_refused()
    {
        byte[][] pictures = [TestPictures.Enormous, TestPictures.Lying, TestPictures.Bytes[..500], TestPictures.Bytes[1..]];
        foreach (byte[] picture in pictures)
        {
            JsonElement error = await _server.PostFormAsync("/v1/caption", picture).JsonAsync(HttpStatusCode.BadRequest);
            Assert.StartsWith("The picture ", error.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Unknown_models_endpoints_and_types_of_bodies_have_their_statuses()
    {
        JsonElement model = await _server.PostJsonAsync("/v1/caption", Body([("model", "other")])).JsonAsync(HttpStatusCode.NotFound);
        Assert.Equal("model_not_found", model.GetProperty("error").GetProperty("code").GetString());
        await _server.PostAsync("/v1/caption", "image=x", "text/plain").JsonAsync(HttpStatusCode.UnsupportedMediaType);
        await _server.PostAsync("/v1/dance", "{}").JsonAsync(HttpStatusCode.NotFound);
        await _server.Client.GetAsync(new Uri("/v1/caption", UriKind.Relative)).JsonAsync(HttpStatusCode.MethodNotAllowed);
        await _server.PostAsync("/v1/caption", "nonsense", "multipart/form-data").JsonAsync(HttpStatusCode.BadRequest);
    }

    private static JsonObject Body((string Name, JsonNode? Value)[] fields)
    {
        JsonObject body = new() { ["image"] = TestPictures.Url, ["max_tokens"] = 45, ["temperature"] = 1, ["seed"] = 3 };
        foreach ((string name, JsonNode? value) in fields)
        {
            body[name] = value?.DeepClone();
        }
        return body;
    }

    private static TaskOptions Options() => new() { Generation = new GenerationOptions { MaxNewTokens = 45, Temperature = 1, Seed = 3 } };

    private void AssertAnswers(TaskPrompt task, JsonElement answer)
    {
        TaskOutput expected = _server.Pipeline.Run(TestPictures.Image, task, Options() with { MaskDecoder = _server.Masks });
        Assert.Equal(task.Text, answer.GetProperty("prompt").GetString());
        Assert.Equal(expected.Text, answer.GetProperty("text").GetString());
        Assert.Equal((320, 240), (answer.GetProperty("width").GetInt32(), answer.GetProperty("height").GetInt32()));
        JsonElement[] objects = [.. answer.GetProperty("objects").EnumerateArray()];
        Assert.Equal(expected.Objects.Count, objects.Length);
        foreach ((DetectedObject found, JsonElement json) in expected.Objects.Zip(objects))
        {
            ObjectRecord record = json.Deserialize<ObjectRecord>()!;
            Assert.Equal((found.Label, ObjectRecord.Of(found).Box), (record.Label, record.Box));
            Assert.Equal(found.Score!.Value, record.Score!.Value, 1e-4f);
            Assert.Equal(ObjectRecord.Of(found).Mask?.Counts, record.Mask?.Counts);
        }
        Assert.Equal(expected.Problems.Count, answer.GetProperty("problems").GetArrayLength());
        int prompt = answer.GetProperty("usage").GetProperty("prompt_tokens").GetInt32();
        Assert.Equal(_server.Pipeline.Processor.EncodePrompt(task.Text, 1).Length, prompt);
    }

    private async Task<List<SseItem<string>>> EventsAsync(string path, JsonObject body)
    {
        using HttpResponseMessage response = await _server.PostJsonAsync(path, body);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        using Stream stream = await response.Content.ReadAsStreamAsync();
        List<SseItem<string>> events = [];
        await foreach (SseItem<string> one in SseParser.Create(stream).EnumerateAsync())
        {
            events.Add(one);
        }
        return events;
    }
}
