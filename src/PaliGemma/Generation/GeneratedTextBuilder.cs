using System.Text;
using PaliGemma.Tokenization;

namespace PaliGemma.Generation;

/// <summary>
/// Turns the tokens of one sequence into text as they come, up to the first stop sequence. Text that may be the beginning of a stop sequence is
/// held back until it is known not to be.
/// </summary>
/// <param name="tokenizer">The model's.</param>
/// <param name="stopSequences">Texts that end the answer and are not part of it; null for none. Empty ones count as none.</param>
public sealed class GeneratedTextBuilder(PaliGemmaTokenizer tokenizer, IReadOnlyList<string>? stopSequences = null)
{
    private readonly StreamingDetokenizer _detokenizer = new(tokenizer);
    private readonly string[] _stops = [.. (stopSequences ?? []).Where(stop => stop.Length > 0)];
    private readonly List<GeneratedToken> _tokens = [];
    private readonly StringBuilder _text = new();
    private string _held = "";

    /// <summary>Whether a stop sequence has come; nothing more is taken then.</summary>
    public bool IsStopped { get; private set; }

    /// <summary>Takes the next token.</summary>
    /// <returns>The text that it completes, possibly none; pieces never end inside a character.</returns>
    public string Append(GeneratedToken token)
    {
        if (IsStopped)
        {
            return "";
        }
        _tokens.Add(token);
        return Release(_detokenizer.Append(token.Id), isLast: false);
    }

    /// <summary>Ends the tokens.</summary>
    /// <returns>The text that was held back.</returns>
    public string Complete() => IsStopped ? "" : Release(_detokenizer.Flush(), isLast: true);

    /// <summary>What has been generated.</summary>
    public GeneratedText ToGeneratedText()
    {
        FinishReason reason = IsStopped ? FinishReason.Stop : GeneratedText.ReasonOf(_tokens, tokenizer.EosId);
        return new GeneratedText(_text.ToString(), [.. _tokens], reason);
    }

    private string Release(string piece, bool isLast)
    {
        string text = _held + piece;
        int end = text.Length;
        foreach (string stop in _stops)
        {
            int place = text.IndexOf(stop, StringComparison.Ordinal);
            if (place >= 0)
            {
                IsStopped = true;
                end = Math.Min(end, place);
            }
        }
        if (!IsStopped && !isLast)
        {
            end -= _stops.Length == 0 ? 0 : _stops.Max(stop => BeginningAtEnd(text, stop));
        }
        _held = text[end..];
        string released = text[..end];
        _text.Append(released);
        return released;
    }

    /// <summary>How long the longest end of <paramref name="text"/> is that <paramref name="stop"/> begins with.</summary>
    private static int BeginningAtEnd(string text, string stop)
    {
        int length = Math.Min(text.Length, stop.Length - 1);
        while (length > 0 && !text.AsSpan(text.Length - length).SequenceEqual(stop.AsSpan(0, length)))
        {
            length--;
        }
        return length;
    }
}
