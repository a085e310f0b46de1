using System.Text;

namespace PaliGemma.Tokenization;

/// <summary>
/// Byte-pair encoding of a text without user-defined pieces. The symbols form a linked list and the possible merges a heap, so that a text of
/// n characters takes O(n log n) steps.
/// </summary>
internal ref struct PairMerger
{
    private readonly Vocabulary _vocabulary;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _pieces;
    private readonly ReadOnlySpan<char> _text;
    private readonly Symbol[] _symbols;
    private readonly PriorityQueue<Merge, (int Rank, int Left)> _merges;

    private PairMerger(Vocabulary vocabulary, ReadOnlySpan<char> text)
    {
        _vocabulary = vocabulary;
        _pieces = vocabulary.Mergeable;
        _text = text;
        _symbols = Split(text);
        _merges = new PriorityQueue<Merge, (int Rank, int Left)>();
    }

    /// <summary>Appends the ids of <paramref name="text"/> to <paramref name="ids"/>.</summary>
    public static void Encode(Vocabulary vocabulary, ReadOnlyMemory<char> text, List<int> ids)
    {
        if (!text.IsEmpty)
        {
            PairMerger merger = new(vocabulary, text.Span);
            merger.MergeAll();
            merger.Emit(ids);
        }
    }

    /// <summary>One symbol per Unicode character.</summary>
    private static Symbol[] Split(ReadOnlySpan<char> text)
    {
        Symbol[] symbols = new Symbol[text.Length];
        int count = 0;
        for (int start = 0; start < text.Length; count++)
        {
            int length = char.IsHighSurrogate(text[start]) ? 2 : 1;
            symbols[count] = new Symbol(start, length, count - 1, count + 1);
            start += length;
        }
        Array.Resize(ref symbols, count);
        symbols[^1].Next = -1;
        return symbols;
    }

    private readonly void MergeAll()
    {
        for (int i = 0; i + 1 < _symbols.Length; i++)
        {
            Propose(i, i + 1);
        }
        while (_merges.TryDequeue(out Merge merge, out _))
        {
            ref Symbol left = ref _symbols[merge.Left];
            ref Symbol right = ref _symbols[merge.Right];
            if (left.Length == 0 || right.Length == 0 || left.Length + right.Length != merge.Length)
            {
                continue; // One of the two has been merged since.
            }
            left.Length = merge.Length;
            left.Next = right.Next;
            right.Length = 0;
            if (left.Next >= 0)
            {
                _symbols[left.Next].Previous = merge.Left;
            }
            Propose(left.Previous, merge.Left);
            Propose(merge.Left, left.Next);
        }
    }

    private readonly void Propose(int left, int right)
    {
        if (left < 0 || right < 0)
        {
            return;
        }
        int length = _symbols[left].Length + _symbols[right].Length;
        if (length <= _vocabulary.MaximalLength && _pieces.TryGetValue(_text.Slice(_symbols[left].Start, length), out int id))
        {
            _merges.Enqueue(new Merge(left, right, length), (_vocabulary.Rank(id), left));
        }
    }

    private readonly void Emit(List<int> ids)
    {
        Span<byte> utf8 = stackalloc byte[4];
        for (int i = 0; i >= 0; i = _symbols[i].Next)
        {
            ReadOnlySpan<char> piece = _text.Slice(_symbols[i].Start, _symbols[i].Length);
            if (_pieces.TryGetValue(piece, out int id))
            {
                ids.Add(id);
                continue;
            }
            foreach (byte value in utf8[..Encoding.UTF8.GetBytes(piece, utf8)])
            {
                ids.Add(_vocabulary.ByteId(value));
            }
        }
    }

    /// <summary>A run of the text; length 0 once it has been merged into its left neighbour.</summary>
    private record struct Symbol(int Start, int Length, int Previous, int Next);

    private readonly record struct Merge(int Left, int Right, int Length);
}
