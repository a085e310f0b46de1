using System.ClientModel;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Models;
using PaliGemma.Generation;
using PaliGemma.Imaging;

namespace PaliGemma.Server.Tests.OpenAI;

/// <summary>The API as OpenAI's own client for .NET uses it.</summary>
public sealed class ChatCompletionsTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private readonly RunningServer _server = fixture.Server;

    [Fact]
    public async Task The_client_gets_the_answer_the_reason_of_its_end_and_the_tokens()
    {
        // The server tells whole seconds.
        DateTimeOffset before = DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.UtcNow.ToUnixTimeSeconds());
        ChatCompletion completion = await Client().CompleteChatAsync(Messages("caption en"), new ChatCompletionOptions { MaxOutputTokenCount = 12 });
        GeneratedText expected = Expected("caption en", new GenerationOptions { MaxNewTokens = 12 });
        Assert.Equal(expected.Text, completion.Content[0].Text);
        Assert.Equal(ChatFinishReason.Length, completion.FinishReason);
        Assert.Equal(ChatMessageRole.Assistant, completion.Role);
        Assert.Equal(RunningServer.ModelName, completion.Model);
        Assert.Equal(_server.Pipeline.Processor.EncodePrompt("caption en", 1).Length, completion.Usage.InputTokenCount);
        Assert.Equal(12, completion.Usage.OutputTokenCount);
        Assert.InRange(completion.CreatedAt, before, DateTimeOffset.UtcNow);
    }

    [Fact]
    public async Task Streaming_gives_the_same_in_pieces()
    {
        ChatCompletionOptions options = new() { MaxOutputTokenCount = 12, IncludeLogProbabilities = true };
        List<StreamingChatCompletionUpdate> updates = [];
        await foreach (StreamingChatCompletionUpdate update in Client().CompleteChatStreamingAsync(Messages("caption en"), options))
        {
            updates.Add(update);
        }
        GeneratedText expected = Expected("caption en", new GenerationOptions { MaxNewTokens = 12 });
        Assert.Equal(expected.Text, string.Concat(updates.SelectMany(update => update.ContentUpdate).Select(part => part.Text)));
        Assert.True(updates.Count(update => update.ContentUpdate.Count > 0) > 2);
        Assert.Equal(ChatFinishReason.Length, Assert.Single(updates, update => update.FinishReason is not null).FinishReason);
        Assert.Equal(12, updates.Sum(update => update.ContentTokenLogProbabilities.Count));
        // The client asks for it by itself.
        Assert.Equal(12, Assert.Single(updates, update => update.Usage is not null).Usage.OutputTokenCount);
        Assert.Single(updates.Select(update => update.CompletionId).Distinct());
    }

    [Fact]
    public async Task Seed_temperature_and_top_p_choose_as_in_the_library()
    {
        ChatCompletionOptions options = new() { MaxOutputTokenCount = 20, Temperature = 1, TopP = 0.9f };
#pragma warning disable OPENAI001 // Seed is an experimental property of the client.
        options.Seed = 5;
#pragma warning restore OPENAI001
        ChatCompletion completion = await Client().CompleteChatAsync(Messages("caption en"), options);
        GenerationOptions same = new() { MaxNewTokens = 20, Temperature = 1, TopP = 0.9f, Seed = 5 };
        Assert.Equal(Expected("caption en", same).Text, completion.Content[0].Text);
    }

    [Fact]
    public async Task Probabilities_are_those_of_the_tokens()
    {
        ChatCompletion completion = await Client().CompleteChatAsync(
            Messages("caption en"), new ChatCompletionOptions { MaxOutputTokenCount = 12, IncludeLogProbabilities = true });
        GeneratedText expected = Expected("caption en", new GenerationOptions { MaxNewTokens = 12 });
        Assert.Equal(expected.Text, string.Concat(completion.ContentTokenLogProbabilities.Select(token => token.Token)));
        Assert.All(
            expected.Tokens.Zip(completion.ContentTokenLogProbabilities),
            pair => Assert.Equal(pair.First.LogProbability, pair.Second.LogProbability, 1e-3f));
    }

    [Fact]
    public async Task A_stop_sequence_ends_the_answer_and_is_not_part_of_it()
    {
        string whole = Expected("caption en", new GenerationOptions { MaxNewTokens = 30 }).Text;
        string stop = whole[10..13];
        ChatCompletionOptions options = new() { MaxOutputTokenCount = 30 };
        options.StopSequences.Add("never");
        options.StopSequences.Add(stop);
        string expected = whole[..whole.IndexOf(stop, StringComparison.Ordinal)];
        ChatCompletion completion = await Client().CompleteChatAsync(Messages("caption en"), options);
        Assert.Equal(expected, completion.Content[0].Text);
        Assert.Equal(ChatFinishReason.Stop, completion.FinishReason);
        options.IncludeLogProbabilities = true;
        List<StreamingChatCompletionUpdate> updates = [];
        await foreach (StreamingChatCompletionUpdate update in Client().CompleteChatStreamingAsync(Messages("caption en"), options))
        {
            updates.Add(update);
        }
        Assert.Equal(expected, string.Concat(updates.SelectMany(update => update.ContentUpdate).Select(part => part.Text)));
        // Nothing is told of tokens behind the end, how many there may have been.
        Assert.Equal(completion.Usage.OutputTokenCount, updates.Sum(update => update.ContentTokenLogProbabilities.Count));
        Assert.Equal(completion.Usage.OutputTokenCount, Assert.Single(updates, update => update.Usage is not null).Usage.OutputTokenCount);
    }

    [Fact]
    public async Task Several_pictures_and_none_are_questions_too()
    {
        ChatMessageContentPart picture = ChatMessageContentPart.CreateImagePart(BinaryData.FromBytes(TestPictures.Bytes), "image/png");
        ChatMessageContentPart text = ChatMessageContentPart.CreateTextPart("answer en same?");
        ChatCompletionOptions options = new() { MaxOutputTokenCount = 5 };
        ChatCompletion two = await Client().CompleteChatAsync([new UserChatMessage(picture, picture, text)], options);
        GenerationOptions same = new() { MaxNewTokens = 5 };
        RgbImage image = TestPictures.Image;
        Assert.Equal(_server.Pipeline.Generate([image, image], "answer en same?", same).Text, two.Content[0].Text);
        ChatCompletion none = await Client().CompleteChatAsync([new UserChatMessage("answer en same?")], options);
        Assert.Equal(_server.Pipeline.Generate(Array.Empty<RgbImage>(), "answer en same?", same).Text, none.Content[0].Text);
    }

    [Fact]
    public async Task Several_answers_are_drawn_each_on_its_own()
    {
        JsonObject body = TestChats.Caption();
        (body["n"], body["temperature"], body["seed"]) = (3, 1, 9);
        JsonElement completion = await _server.PostJsonAsync("/v1/chat/completions", body).JsonAsync();
        JsonElement[] choices = [.. completion.GetProperty("choices").EnumerateArray()];
        Assert.Equal([0, 1, 2], choices.Select(choice => choice.GetProperty("index").GetInt32()));
        string?[] texts = [.. choices.Select(choice => choice.GetProperty("message").GetProperty("content").GetString())];
        Assert.Equal(3, texts.Distinct().Count());
        Assert.Equal(Expected("caption en", new GenerationOptions { MaxNewTokens = 10, Temperature = 1, Seed = 9 }).Text, texts[0]);
        Assert.Equal(30, completion.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
    }

    [Fact]
    public async Task Models_are_listed_and_found_by_name()
    {
        OpenAIModelClient client = new(new ApiKeyCredential("none"), Options());
        OpenAIModelCollection models = await client.GetModelsAsync();
        Assert.Equal(RunningServer.ModelName, Assert.Single(models).Id);
        OpenAIModel model = await client.GetModelAsync(RunningServer.ModelName);
        Assert.Equal(RunningServer.ModelName, model.Id);
        ClientResultException missing = await Assert.ThrowsAsync<ClientResultException>(() => client.GetModelAsync("other/model"));
        Assert.Equal(404, missing.Status);
    }

    [Theory]
    [InlineData("""{"messages":[]}""", "messages")]
    [InlineData("""{}""", "messages")]
    [InlineData("""{"messages":[{"role":"system","content":"be nice"},{"role":"user","content":"caption en"}]}""", "messages")]
    [InlineData("""{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"hi"},{"role":"user","content":"ho"}]}""", "messages")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"input_audio"}]}]}""", "messages")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"image_url"}]}]}""", "messages")]
    [InlineData("""{"messages":[{"role":"user","content":null}]}""", "messages")]
    [InlineData("""{"messages":"hello"}""", "messages")]
    [InlineData("""{"messages":[USER],"tools":[{"type":"function"}]}""", "tools")]
    [InlineData("""{"messages":[USER],"response_format":{"type":"json_object"}}""", "response_format")]
    [InlineData("""{"messages":[USER],"frequency_penalty":0.5}""", "frequency_penalty")]
    [InlineData("""{"messages":[USER],"logit_bias":{"5":1}}""", "logit_bias")]
    [InlineData("""{"messages":[USER],"top_logprobs":2}""", "top_logprobs")]
    [InlineData("""{"messages":[USER],"stop":["a","b","c","d","e"]}""", "stop")]
    [InlineData("""{"messages":[USER],"stop":[5]}""", null)]
    [InlineData("""{"messages":[USER],"stop":["a",null]}""", "stop")]
    [InlineData("""{"messages":[USER],"n":0}""", null)]
    [InlineData("""{"messages":[USER],"n":1000}""", null)]
    [InlineData("""{"messages":[USER],"temperature":-1}""", null)]
    [InlineData("""{"messages":[USER],"max_tokens":100000}""", "max_tokens")]
    [InlineData("""{"messages":[{"role":"user","content":[IMAGE,IMAGE,IMAGE,IMAGE,IMAGE]}]}""", "messages")]
    public async Task What_the_model_does_not_do_is_refused_with_a_sentence(string body, string? field)
    {
        body = body.Replace("USER", """{"role":"user","content":"caption en"}""", StringComparison.Ordinal)
            .Replace("IMAGE", """{"type":"image_url","image_url":{"url":"data:image/png;base64,"}}""", StringComparison.Ordinal);
        JsonElement error = await _server.PostAsync("/v1/chat/completions", body).JsonAsync(HttpStatusCode.BadRequest);
        Assert.Equal(field, error.GetProperty("error").GetProperty("param").GetString());
        Assert.EndsWith(".", error.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fields_that_change_nothing_are_passed_over()
    {
        JsonObject body = TestChats.Caption();
        (body["user"], body["store"], body["tools"], body["logit_bias"], body["n"]) = ("me", false, new JsonArray(), new JsonObject(), 1);
        (body["presence_penalty"], body["response_format"]) = (0, new JsonObject { ["type"] = "text" });
        await _server.PostJsonAsync("/v1/chat/completions", body).JsonAsync();
    }

    private static ChatMessage[] Messages(string prompt) =>
    [
        new UserChatMessage(
            ChatMessageContentPart.CreateImagePart(BinaryData.FromBytes(TestPictures.Bytes), "image/png"),
            ChatMessageContentPart.CreateTextPart(prompt)),
    ];

    private GeneratedText Expected(string prompt, GenerationOptions options) => _server.Pipeline.Generate([TestPictures.Image], prompt, options);

    private OpenAIClientOptions Options() => new() { Endpoint = new Uri(_server.Client.BaseAddress!, "v1"), NetworkTimeout = RunningServer.Patience };

    private ChatClient Client() => new(RunningServer.ModelName, new ApiKeyCredential("none"), Options());
}
