using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;
using PaliGemma.Generation;
using PaliGemma.Server.Tasks;

namespace PaliGemma.Server.OpenAI;

/// <summary>A chat that is being answered; disposing it ends the work.</summary>
internal sealed class ChatRun : IDisposable
{
    /// <summary>The last event of a stream.</summary>
    private const string Done = "[DONE]";

    private readonly ServedModel _model;
    private readonly bool _tellsUsage, _tellsProbabilities;
    private readonly BatchedGeneration _generation;
    private readonly GeneratedTextBuilder[] _texts;
    private readonly int _promptTokens;
    private readonly string _id = $"chatcmpl-{Guid.NewGuid():N}";
    private readonly long _created = DateTimeOffset.UtcNow.ToUnixTimeSeconds();

    /// <param name="model">The model that answers.</param>
    /// <param name="request">What was asked.</param>
    /// <param name="generation">The answers' tokens; owned.</param>
    /// <param name="promptTokens">Tokens of the prompt.</param>
    public ChatRun(ServedModel model, ChatRequest request, BatchedGeneration generation, int promptTokens)
    {
        (_model, _generation, _promptTokens) = (model, generation, promptTokens);
        // The request itself has the pictures in it, and is not kept.
        (_tellsUsage, _tellsProbabilities) = (request.StreamOptions is { IncludeUsage: true }, request.Logprobs is true);
        _texts = new GeneratedTextBuilder[generation.SequenceCount];
        for (int i = 0; i < _texts.Length; i++)
        {
            _texts[i] = new GeneratedTextBuilder(model.Pipeline.Tokenizer, request.Stop);
        }
    }

    public void Dispose() => _generation.Dispose();

    /// <summary>Answers all at once.</summary>
    public async Task<ChatCompletion> AnswerAsync()
    {
        await foreach ((int sequence, GeneratedToken token) in _generation.ConfigureAwait(false))
        {
            Take(sequence, token);
        }
        return Completion(ChatCompletion.WholeKind, [.. _texts.Select((text, index) =>
        {
            text.Complete();
            GeneratedText answer = text.ToGeneratedText();
            return new ChatChoice
            {
                Index = index,
                Message = new ChatText { Role = "assistant", Content = answer.Text },
                Logprobs = Probabilities(answer.Tokens),
                FinishReason = FinishReasons.NameOf(answer.FinishReason),
            };
        })]) with
        {
            Usage = Usage(),
        };
    }

    /// <summary>Answers piece by piece.</summary>
    public async IAsyncEnumerable<SseItem<string>> EventsAsync()
    {
        for (int index = 0; index < _texts.Length; index++)
        {
            yield return Piece(new ChatChoice { Index = index, Delta = new ChatText { Role = "assistant", Content = "" } });
        }
        await foreach ((int sequence, GeneratedToken token) in _generation.ConfigureAwait(false))
        {
            if (_texts[sequence].IsStopped)
            {
                // It was chosen before the model heard of the stop, and is no part of the answer.
                continue;
            }
            string text = Take(sequence, token);
            TokenProbabilities? probabilities = Probabilities([token]);
            if (text.Length > 0 || probabilities is { Content.Count: > 0 })
            {
                yield return Piece(new ChatChoice { Index = sequence, Delta = new ChatText { Content = text }, Logprobs = probabilities });
            }
        }
        for (int index = 0; index < _texts.Length; index++)
        {
            if (_texts[index].Complete() is { Length: > 0 } rest)
            {
                yield return Piece(new ChatChoice { Index = index, Delta = new ChatText { Content = rest } });
            }
            string reason = FinishReasons.NameOf(_texts[index].ToGeneratedText().FinishReason);
            yield return Piece(new ChatChoice { Index = index, Delta = new ChatText(), FinishReason = reason });
        }
        if (_tellsUsage)
        {
            yield return Event(Completion(ChatCompletion.PieceKind, []) with { Usage = Usage() });
        }
        yield return new SseItem<string>(Done);
    }

    private string Take(int sequence, GeneratedToken token)
    {
        string text = _texts[sequence].Append(token);
        if (_texts[sequence].IsStopped)
        {
            _generation.Stop(sequence);
        }
        return text;
    }

    private ChatCompletion Completion(string kind, IReadOnlyList<ChatChoice> choices) => new()
    {
        Id = _id,
        Object = kind,
        Created = _created,
        Model = _model.Name,
        Choices = choices,
    };

    private SseItem<string> Piece(ChatChoice choice) => Event(Completion(ChatCompletion.PieceKind, [choice]));

    private static SseItem<string> Event(ChatCompletion piece) => new(JsonSerializer.Serialize(piece, ServerJson.Readable.ChatCompletion));

    private TokenUsage Usage() => new(_promptTokens, _texts.Sum(text => text.ToGeneratedText().Tokens.Count));

    /// <summary>The probabilities of the tokens that are text, if they were asked for.</summary>
    private TokenProbabilities? Probabilities(IReadOnlyList<GeneratedToken> tokens)
    {
        if (!_tellsProbabilities)
        {
            return null;
        }
        List<TokenProbability> content = [];
        foreach (GeneratedToken token in tokens)
        {
            if (token.Id != _model.Pipeline.Tokenizer.EosId)
            {
                string text = _model.Pipeline.Tokenizer.Decode([token.Id], skipSpecial: false);
                int[]? bytes = text.Contains('\uFFFD', StringComparison.Ordinal) ? null : [.. Encoding.UTF8.GetBytes(text)];
                content.Add(new TokenProbability(text, token.LogProbability, bytes, []));
            }
        }
        return new TokenProbabilities(content);
    }
}
