using System.Text.Json;
using Microsoft.AspNetCore.Http;
using PaliGemma.Generation;
using PaliGemma.Server.Errors;

namespace PaliGemma.Server.OpenAI;

/// <summary>What a chat asks for, in the library's terms.</summary>
/// <param name="Text">The prompt.</param>
/// <param name="ImageUrls">The pictures, in order.</param>
/// <param name="Options">How tokens are chosen.</param>
internal sealed record ChatPrompt(string Text, IReadOnlyList<string> ImageUrls, GenerationOptions Options)
{
    private const int MaxStops = 4;

    /// <exception cref="RequestException">The chat asks for what this model does not do.</exception>
    public static ChatPrompt Of(ChatRequest request, ServerOptions limits)
    {
        RefuseUnsupported(request);
        if (request.Messages is not [{ Role: "user", Content: { Count: > 0 } parts }])
        {
            throw Refused(
                "The model answers one prompt about its pictures: send one message of the role 'user', with pictures and a text.", "messages");
        }
        List<string> urls = [];
        List<string> texts = [];
        foreach (ChatPart part in parts)
        {
            switch (part)
            {
                case { Type: "text", Text: string text }:
                    texts.Add(text);
                    break;
                case { Type: "image_url", ImageUrl.Url: string url }:
                    urls.Add(url);
                    break;
                default:
                    throw Refused("The parts of a message are of the type 'text', with 'text', or 'image_url', with 'image_url.url'.", "messages");
            }
        }
        if (urls.Count > limits.MaxImages)
        {
            throw Refused($"A message has at most {limits.MaxImages} pictures here, not {urls.Count}.", "messages");
        }
        GenerationOptions defaults = new();
        GenerationOptions options = new()
        {
            MaxNewTokens = request.MaxCompletionTokens ?? request.MaxTokens ?? Math.Min(defaults.MaxNewTokens, limits.MaxTokens),
            Temperature = request.Temperature ?? defaults.Temperature,
            TopP = request.TopP ?? defaults.TopP,
            Seed = request.Seed is long seed ? unchecked((ulong)seed) : null,
        };
        return new ChatPrompt(
            string.Join('\n', texts),
            urls,
            RequestException.Check(() =>
            {
                options.Validate();
                return options;
            }));
    }

    private static void RefuseUnsupported(ChatRequest request)
    {
        if (IsGiven(request.Tools) || IsGiven(request.Functions))
        {
            throw Refused("The model calls no tools or functions.", "tools");
        }
        if (request.ResponseFormat is { Type: not (null or "text") })
        {
            throw Refused("The model answers in text; /v1/detect and /v1/segment give typed objects.", "response_format");
        }
        if (request.PresencePenalty is not (null or 0) || request.FrequencyPenalty is not (null or 0))
        {
            throw Refused("Penalties for repetition are not supported.", "frequency_penalty");
        }
        if (IsGiven(request.LogitBias))
        {
            throw Refused("A bias of single tokens is not supported.", "logit_bias");
        }
        if (request.TopLogprobs is > 0)
        {
            throw Refused("Probabilities are told of the tokens that were chosen alone; 'top_logprobs' is 0.", "top_logprobs");
        }
        if (request.Stop is { Count: > MaxStops })
        {
            throw Refused($"At most {MaxStops} texts can end an answer.", "stop");
        }
        if (request.Stop?.Contains(null!) is true)
        {
            throw Refused("What ends an answer is a text or a list of texts.", "stop");
        }
    }

    private static bool IsGiven(JsonElement? value) => value is JsonElement given
        && !(given.ValueKind == JsonValueKind.Null
            || (given.ValueKind == JsonValueKind.Array && given.GetArrayLength() == 0)
            || (given.ValueKind == JsonValueKind.Object && given.GetPropertyCount() == 0));

    private static RequestException Refused(string sentence, string field) => new(StatusCodes.Status400BadRequest, sentence, field);
}
