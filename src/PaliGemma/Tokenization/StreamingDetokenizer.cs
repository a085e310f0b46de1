using System.Buffers;
using System.Text;

namespace PaliGemma.Tokenization;

/// <summary>
/// Turns tokens into text as they come. Bytes are held back until their character is complete, so that no output ends inside one; all outputs
/// together are the text that decoding all tokens at once gives.
/// </summary>
/// <param name="tokenizer">The vocabulary.</param>
/// <param name="skipSpecial">Whether control pieces are left out instead of spelled.</param>
public sealed class StreamingDetokenizer(PaliGemmaTokenizer tokenizer, bool skipSpecial = true)
{
    private const int LongestCharacter = 4;

    private readonly byte[] _pending = new byte[LongestCharacter];
    private int _pendingCount;

    /// <summary>Takes the next token and returns the text that it completes, possibly none.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The id is none of the vocabulary's.</exception>
    public string Append(int id)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)id, (uint)tokenizer.PieceCount, nameof(id));
        Vocabulary vocabulary = tokenizer.Vocabulary;
        switch (vocabulary.Kind(id))
        {
            case PieceKind.Byte:
                _pending[_pendingCount++] = vocabulary.ByteOf(id);
                return TakeComplete();
            case PieceKind.Control or PieceKind.Unknown:
                return skipSpecial ? Flush() : Flush() + vocabulary.Piece(id);
            default:
                return Flush() + vocabulary.Piece(id).Replace('\u2581', ' ');
        }
    }

    /// <summary>Returns what is held back at the end of the tokens: U+FFFD for every byte of an incomplete character.</summary>
    public string Flush()
    {
        string text = new('\uFFFD', _pendingCount);
        _pendingCount = 0;
        return text;
    }

    /// <summary>Takes whole characters from the front of the pending bytes, and bytes that cannot begin one as U+FFFD.</summary>
    private string TakeComplete()
    {
        StringBuilder text = new();
        while (_pendingCount > 0)
        {
            OperationStatus status = Rune.DecodeFromUtf8(_pending.AsSpan(0, _pendingCount), out Rune rune, out int length);
            if (status == OperationStatus.NeedMoreData)
            {
                break;
            }
            if (status != OperationStatus.Done)
            {
                rune = Rune.ReplacementChar;
                length = 1;
            }
            text.Append(rune.ToString());
            _pending.AsSpan(length, _pendingCount - length).CopyTo(_pending);
            _pendingCount -= length;
        }
        return text.ToString();
    }
}
