using PaliGemma.Tokenization;

namespace PaliGemma.Generation;

/// <summary>The decoding loop, in text: tokens are chosen until the end, and their text is handed over as it grows.</summary>
public sealed class Generator
{
    private readonly PaliGemmaTokenizer _tokenizer;
    private readonly TokenGenerator _tokens;
    private readonly BeamSearch _beams;
    private readonly int _endToken;

    /// <summary>Creates a generator for a model and the tokenizer of the same checkpoint.</summary>
    public Generator(IPaliGemmaModel model, PaliGemmaTokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tokenizer);
        _tokenizer = tokenizer;
        _tokens = new TokenGenerator(model, tokenizer.PieceCount);
        _beams = new BeamSearch(model, tokenizer.PieceCount);
        _endToken = model.Config.EosTokenId;
    }

    /// <summary>Generates from a prefilled prompt, which is advanced (beam search leaves it as it is).</summary>
    /// <param name="state">The prompt.</param>
    /// <param name="options">How to choose and when to stop.</param>
    /// <param name="onText">
    /// Is given every new piece of text; pieces never end inside a character. Beam search hands over everything at the end.
    /// </param>
    /// <param name="cancellation">Stops between layers.</param>
    public GeneratedText Generate(
        IDecodingState state, GenerationOptions options, Action<string>? onText = null, CancellationToken cancellation = default)
    {
        StreamingDetokenizer detokenizer = new(_tokenizer);
        GeneratedText answer = Generate(state, options, token => Emit(detokenizer.Append(token.Id), onText), cancellation);
        Emit(detokenizer.Flush(), onText);
        return answer;
    }

    /// <summary>Generates from a prefilled prompt, which is advanced (beam search leaves it as it is).</summary>
    /// <param name="state">The prompt.</param>
    /// <param name="options">How to choose and when to stop.</param>
    /// <param name="onToken">Is given every token as it is chosen. Beam search hands over everything at the end.</param>
    /// <param name="cancellation">Stops between layers.</param>
    public GeneratedText Generate(
        IDecodingState state, GenerationOptions options, Action<GeneratedToken> onToken, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(onToken);
        IEnumerable<GeneratedToken> chosen = options.BeamCount > 1
            ? _beams.Search(state, options, cancellation)
            : _tokens.Generate([state], options, cancellation).Select(step => step.Token);
        List<GeneratedToken> tokens = [];
        foreach (GeneratedToken token in chosen)
        {
            tokens.Add(token);
            onToken(token);
        }
        return Finish(tokens);
    }

    /// <summary>Generates from several prefilled prompts of any lengths together; each leaves as soon as it has ended.</summary>
    /// <returns>One text per prompt, in order.</returns>
    public IReadOnlyList<GeneratedText> Generate(
        IReadOnlyList<IDecodingState> states, GenerationOptions options, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(states);
        ArgumentNullException.ThrowIfNull(options);
        if (options.BeamCount > 1)
        {
            return [.. states.Select(state => Finish(_beams.Search(state, options, cancellation)))];
        }
        List<GeneratedToken>[] tokens = [.. states.Select(_ => new List<GeneratedToken>())];
        foreach ((int sequence, GeneratedToken token) in _tokens.Generate(states, options, cancellation))
        {
            tokens[sequence].Add(token);
        }
        return Array.ConvertAll(tokens, Finish);
    }

    private static void Emit(string text, Action<string>? onText)
    {
        if (text.Length > 0)
        {
            onText?.Invoke(text);
        }
    }

    private GeneratedText Finish(IReadOnlyList<GeneratedToken> tokens)
    {
        int[] ids = [.. tokens.Select(token => token.Id)];
        return new GeneratedText(_tokenizer.Decode(ids), tokens, GeneratedText.ReasonOf(tokens, _endToken));
    }
}
