using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using PaliGemma.Generation;
using PaliGemma.Imaging;
using PaliGemma.Tasks;
using PaliGemma.Tests;

namespace PaliGemma.Extensions.AI.Tests;

public sealed class PaliGemmaChatClientTests : IDisposable
{
    private static readonly byte[] Picture = File.ReadAllBytes(Goldens.Path("images", "01_rgb_320x240.png"));

    private readonly PaliGemmaPipeline _pipeline = PaliGemmaPipeline.Load(Goldens.Path("models", "E"));
    private readonly PaliGemmaChatClient _client;
    private readonly RgbImage _image = ImageFile.Decode(Picture, "picture");

    public PaliGemmaChatClientTests() => _client = new PaliGemmaChatClient(_pipeline);

    public static TheoryData<ChatOptions> Unsupported => new(
        new ChatOptions { Tools = [AIFunctionFactory.Create(() => "sunny", "weather")] },
        new ChatOptions { ToolMode = ChatToolMode.RequireAny },
        new ChatOptions { Instructions = "Be brief." },
        new ChatOptions { ConversationId = "1" },
        new ChatOptions { ResponseFormat = ChatResponseFormat.Json },
        new ChatOptions { FrequencyPenalty = 1 },
        new ChatOptions { PresencePenalty = 1 },
        new ChatOptions { Reasoning = new ReasoningOptions { Effort = ReasoningEffort.High } },
        new ChatOptions { Reasoning = new ReasoningOptions { Output = ReasoningOutput.Summary } },
        new ChatOptions { ModelId = "another" });

    public void Dispose()
    {
        _client.Dispose();
        _pipeline.Dispose();
    }

    [Fact]
    public async Task A_picture_and_a_prompt_are_answered_with_text_usage_and_the_reason_of_the_end()
    {
        ChatResponse response = await _client.GetResponseAsync([Message("caption en")], new ChatOptions { MaxOutputTokens = 12 });
        GeneratedText expected = _pipeline.Generate([_image], "caption en", new GenerationOptions { MaxNewTokens = 12 });
        Assert.Equal(expected.Text, response.Text);
        Assert.Equal(ChatRole.Assistant, Assert.Single(response.Messages).Role);
        Assert.Equal(ChatFinishReason.Length, response.FinishReason);
        Assert.Equal("paligemma", response.ModelId);
        int prompt = _pipeline.Processor.EncodePrompt("caption en", 1).Length;
        Assert.Equal((prompt, 12, prompt + 12), (response.Usage!.InputTokenCount, response.Usage.OutputTokenCount, response.Usage.TotalTokenCount));
        Assert.NotNull(response.CreatedAt);
        Assert.NotNull(response.ResponseId);
    }

    [Fact]
    public async Task Streaming_gives_the_same_in_pieces()
    {
        ChatOptions options = new() { MaxOutputTokens = 12 };
        List<ChatResponseUpdate> updates = [];
        await foreach (ChatResponseUpdate update in _client.GetStreamingResponseAsync([Message("caption en")], options))
        {
            updates.Add(update);
        }
        ChatResponse whole = await _client.GetResponseAsync([Message("caption en")], options);
        Assert.Equal(whole.Text, string.Concat(updates.Select(update => update.Text)));
        Assert.True(updates.Count > 3);
        Assert.Equal(ChatFinishReason.Length, Assert.Single(updates, update => update.FinishReason is not null).FinishReason);
        Assert.Single(updates.Select(update => update.MessageId).Distinct());
        Assert.Equal(whole.Usage!.OutputTokenCount, updates.ToChatResponse().Usage!.OutputTokenCount);
    }

    [Fact]
    public async Task Options_choose_as_in_the_library()
    {
        ChatOptions options = new() { MaxOutputTokens = 20, Temperature = 1, TopK = 50, TopP = 0.9f, Seed = 5 };
        GenerationOptions same = new() { MaxNewTokens = 20, Temperature = 1, TopK = 50, TopP = 0.9f, Seed = 5 };
        string expected = _pipeline.Generate([_image], "caption en", same).Text;
        Assert.Equal(expected, (await _client.GetResponseAsync([Message("caption en")], options)).Text);
        ChatOptions raw = new() { RawRepresentationFactory = _ => new TaskOptions { Generation = same with { Seed = 1 } }, Seed = 5 };
        Assert.Equal(expected, (await _client.GetResponseAsync([Message("caption en")], raw)).Text);
        string stop = expected[8..10];
        options.StopSequences = [stop];
        ChatResponse stopped = await _client.GetResponseAsync([Message("caption en")], options);
        Assert.Equal(expected[..expected.IndexOf(stop, StringComparison.Ordinal)], stopped.Text);
        Assert.Equal(ChatFinishReason.Stop, stopped.FinishReason);
    }

    [Fact]
    public async Task A_decoder_of_masks_that_comes_with_the_options_is_used()
    {
        using MaskDecoder decoder = MaskDecoder.Load(Goldens.Path("expected", "mask-vae", "vae-random.npz"));
        TaskOptions task = new() { MaskDecoder = decoder, Generation = new GenerationOptions { MaxNewTokens = 60, Temperature = 1, Seed = 3 } };
        ChatOptions options = new() { RawRepresentationFactory = _ => task };
        ChatResponse response = await _client.GetResponseAsync([Message("segment cat")], options);
        TaskOutput expected = _pipeline.Run(_image, new SegmentPrompt("cat"), task);
        TaskOutput actual = Assert.IsType<TaskOutput>(response.RawRepresentation);
        Assert.NotEmpty(actual.Objects);
        Assert.Equal(expected.Objects.Select(one => one.Mask?.Area), actual.Objects.Select(one => one.Mask?.Area));
        Assert.Contains(actual.Objects, one => one.Mask is not null);
    }

    [Fact]
    public async Task Found_objects_come_typed_and_as_json()
    {
        ChatOptions options = new() { MaxOutputTokens = 60, Temperature = 1, Seed = 3 };
        ChatResponse response = await _client.GetResponseAsync([Message("detect cat ; dog")], options);
        TaskOptions same = new() { Generation = new GenerationOptions { MaxNewTokens = 60, Temperature = 1, Seed = 3 } };
        TaskOutput expected = _pipeline.Run(_image, new DetectPrompt("cat", "dog"), same);
        TaskOutput output = Assert.IsType<TaskOutput>(response.RawRepresentation);
        Assert.NotEmpty(output.Objects);
        Assert.Equal(expected.Objects.Select(found => (found.Label, found.PixelBox)), output.Objects.Select(found => (found.Label, found.PixelBox)));
        JsonElement json = Assert.IsType<JsonElement>(response.AdditionalProperties![PaliGemmaChatClient.ObjectsProperty]);
        Assert.Equal(output.Objects.Select(found => found.Label), json.EnumerateArray().Select(found => found.GetProperty("label").GetString()));
        ChatResponse caption = await _client.GetResponseAsync([Message("caption en")], options);
        Assert.Null(caption.AdditionalProperties);
    }

    [Fact]
    public async Task Several_pictures_and_none_may_be_asked_about()
    {
        ChatOptions options = new() { MaxOutputTokens = 5 };
        GenerationOptions same = new() { MaxNewTokens = 5 };
        ChatMessage two = new(ChatRole.User, [new DataContent(Picture, "image/png"), new DataContent(Picture, "image/png"), new TextContent("same?")]);
        Assert.Equal(_pipeline.Generate([_image, _image], "same?", same).Text, (await _client.GetResponseAsync([two], options)).Text);
        Assert.Equal(_pipeline.Generate(Array.Empty<RgbImage>(), "same?", same).Text, (await _client.GetResponseAsync("same?", options)).Text);
    }

    [Fact]
    public async Task Many_callers_get_what_each_gets_alone()
    {
        string[] prompts = [.. Enumerable.Range(0, 12).Select(i => "caption en" + new string('x', i))];
        ChatOptions options = new() { MaxOutputTokens = 15 };
        ChatResponse[] responses = await Task.WhenAll(prompts.Select(prompt => _client.GetResponseAsync([Message(prompt)], options)));
        Assert.Equal(
            prompts.Select(prompt => _pipeline.Generate([_image], prompt, new GenerationOptions { MaxNewTokens = 15 }).Text),
            responses.Select(response => response.Text));
    }

    [Theory]
    [MemberData(nameof(Unsupported))]
    public async Task Options_that_cannot_be_honoured_are_refused_with_a_sentence(ChatOptions options)
    {
        NotSupportedException error = await Assert.ThrowsAsync<NotSupportedException>(() => _client.GetResponseAsync([Message("caption en")], options));
        Assert.EndsWith(".", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Messages_that_are_no_prompt_are_refused_with_a_sentence()
    {
        ChatMessage[][] chats =
        [
            [],
            [new ChatMessage(ChatRole.System, "Be brief."), Message("caption en")],
            [Message("caption en"), new ChatMessage(ChatRole.Assistant, "a cat"), Message("what colour?")],
            [new ChatMessage(ChatRole.Assistant, "a cat")],
            [new ChatMessage(ChatRole.User, [new UriContent("https://pictures.example/cat.png", "image/png")])],
            [new ChatMessage(ChatRole.User, [new DataContent(Picture, "audio/wav")])],
        ];
        foreach (ChatMessage[] chat in chats)
        {
            await Assert.ThrowsAsync<NotSupportedException>(() => _client.GetResponseAsync(chat));
        }
        ChatMessage damaged = new(ChatRole.User, [new DataContent(Picture.AsMemory(0, 300), "image/png")]);
        await Assert.ThrowsAsync<ModelFileException>(() => _client.GetResponseAsync([damaged]));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => _client.GetResponseAsync([Message("caption en")], new ChatOptions { TopP = 2 }));
    }

    [Fact]
    public async Task Cancelling_and_leaving_a_stream_stop_the_work()
    {
        BatchScheduler scheduler = _client.GetService<BatchScheduler>()!;
        ChatOptions endless = new() { MaxOutputTokens = 10_000_000 };
        await foreach (ChatResponseUpdate _ in _client.GetStreamingResponseAsync([Message("caption en")], endless))
        {
            break;
        }
        using CancellationTokenSource stop = new(TimeSpan.FromMilliseconds(300));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _client.GetResponseAsync([Message("caption en")], endless, stop.Token));
        using CancellationTokenSource limit = new(TimeSpan.FromMinutes(5));
        while (scheduler.QueueLength + scheduler.SequenceCount > 0)
        {
            await Task.Delay(5, limit.Token);
        }
    }

    [Fact]
    public void Services_behind_the_client_are_found()
    {
        Assert.Equal("paligemma", _client.GetService<ChatClientMetadata>()!.DefaultModelId);
        Assert.Same(_pipeline, _client.GetService<PaliGemmaPipeline>());
        Assert.Same(_client, _client.GetService<IChatClient>());
        Assert.Null(_client.GetService<PaliGemmaPipeline>("key"));
    }

    [Fact]
    public async Task Telemetry_tells_of_model_and_tokens()
    {
        List<Activity> activities = [];
        using ActivityListener listener = new()
        {
            ShouldListenTo = source => source.Name == "test.paligemma",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activities.Add,
        };
        ActivitySource.AddActivityListener(listener);
        ServiceCollection services = new();
        services.AddPaliGemma(Goldens.Path("models", "E"), chat: new PaliGemmaChatOptions { ModelId = "toy" });
        services.AddChatClient(provider => provider.GetRequiredService<PaliGemmaChatClient>())
            .UseFunctionInvocation()
            .UseOpenTelemetry(sourceName: "test.paligemma");
        await using ServiceProvider provider = services.BuildServiceProvider();
        IChatClient client = provider.GetRequiredService<IChatClient>();
        ChatResponse response = await client.GetResponseAsync([Message("caption en")], new ChatOptions { MaxOutputTokens = 3 });
        Activity chat = Assert.Single(activities, activity => activity.DisplayName == "chat toy");
        Assert.Equal("toy", chat.GetTagItem("gen_ai.response.model"));
        Assert.Equal(3, Convert.ToInt32(chat.GetTagItem("gen_ai.usage.output_tokens"), System.Globalization.CultureInfo.InvariantCulture));
        Assert.NotEmpty(response.Text);
    }

    [Fact]
    public async Task Dependency_injection_gives_one_client_and_disposes_the_model()
    {
        ServiceCollection services = new();
        services.AddPaliGemma(Goldens.Path("models", "E"));
        PaliGemmaPipeline pipeline;
        await using (ServiceProvider provider = services.BuildServiceProvider())
        {
            Assert.Same(provider.GetRequiredService<PaliGemmaChatClient>(), provider.GetRequiredService<IChatClient>());
            pipeline = provider.GetRequiredService<PaliGemmaPipeline>();
            await provider.GetRequiredService<IChatClient>().GetResponseAsync([Message("caption en")], new ChatOptions { MaxOutputTokens = 2 });
        }
        Assert.Throws<ObjectDisposedException>(() => pipeline.Generate([_image], "caption en"));
    }

    private static ChatMessage Message(string prompt) => new(ChatRole.User, [new DataContent(Picture, "image/png"), new TextContent(prompt)]);
}
