using System.Text;

namespace PaliGemma.Tokenization;

/// <summary>
/// Learns a small vocabulary from texts by byte-pair encoding (Sennrich, Haddow and Birch, arXiv:1508.07909) and writes it as a tokenizer
/// in the published layout. Pairs are merged within words only: a word is a run of letters or one other character, with the space before
/// it.
/// </summary>
public sealed class LearnedTokenizer
{
    private readonly List<string> _pieces;
    private readonly List<string> _merges = [];

    private LearnedTokenizer(IEnumerable<string> characters) => _pieces = [.. characters];

    /// <summary>Learns merges, the most frequent pair first, until no pair is there twice or there are enough.</summary>
    /// <param name="texts">Without location and segmentation tokens, which have pieces of their own.</param>
    /// <param name="mostMerges">The most pieces to add to single characters.</param>
    public static LearnedTokenizer Learn(IEnumerable<string> texts, int mostMerges)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentOutOfRangeException.ThrowIfNegative(mostMerges);
        Dictionary<string, int> counts = new(StringComparer.Ordinal);
        foreach (string word in texts.SelectMany(Words))
        {
            counts[word] = counts.GetValueOrDefault(word) + 1;
        }
        // Sorted, so that the result does not depend on the order of the texts.
        (List<string> Symbols, int Count)[] words =
            [.. counts.OrderBy(word => word.Key, StringComparer.Ordinal).Select(word => (Symbols(word.Key), word.Value))];
        IEnumerable<string> others = words.SelectMany(word => word.Symbols).Except(TokenizerWriter.Characters).Order(StringComparer.Ordinal);
        LearnedTokenizer tokenizer = new(TokenizerWriter.Characters.Concat(others));
        HashSet<string> known = new(tokenizer._pieces, StringComparer.Ordinal);
        while (tokenizer._merges.Count < mostMerges && MostFrequentPair(words) is (string left, string right))
        {
            foreach ((List<string> symbols, _) in words)
            {
                Merge(symbols, left, right);
            }
            // Another pair can have led to the same piece; its rank is then that of the first.
            if (known.Add(left + right))
            {
                tokenizer._pieces.Add(left + right);
                tokenizer._merges.Add($"{left} {right}");
            }
        }
        return tokenizer;
    }

    /// <summary>The number of pieces, <c>&lt;image&gt;</c>, the last, included.</summary>
    public int PieceCount => TokenizerWriter.FirstCharacterId + _pieces.Count + TokenizerWriter.LastPieces + 1;

    /// <summary>Writes <c>tokenizer.json</c> and the files that go with it.</summary>
    /// <param name="folder">A folder that exists.</param>
    public void Write(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        new TokenizerWriter(_pieces, _merges).Write(folder);
    }

    private static IEnumerable<string> Words(string text)
    {
        StringBuilder word = new();
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (rune.Value == '\n')
            {
                // Newlines are pieces of their own.
                if (word.Length > 0)
                {
                    yield return word.ToString();
                }
                word.Clear();
                continue;
            }
            bool continues = word.Length > 0 && Rune.IsLetter(rune) && char.IsLetter(word[^1]);
            bool followsSpace = word.Length == 1 && word[0] == TokenizerWriter.Space && rune.Value != ' ';
            if (word.Length > 0 && !continues && !followsSpace)
            {
                yield return word.ToString();
                word.Clear();
            }
            word.Append(rune.Value == ' ' ? TokenizerWriter.Space.ToString() : rune.ToString());
        }
        if (word.Length > 0)
        {
            yield return word.ToString();
        }
    }

    private static List<string> Symbols(string word) => [.. word.EnumerateRunes().Select(rune => rune.ToString())];

    /// <summary>The pair that occurs most often, the first in alphabetical order of several; null if none is there twice.</summary>
    private static (string Left, string Right)? MostFrequentPair((List<string> Symbols, int Count)[] words)
    {
        Dictionary<(string Left, string Right), int> counts = [];
        foreach ((List<string> symbols, int count) in words)
        {
            for (int i = 0; i + 1 < symbols.Count; i++)
            {
                (string, string) pair = (symbols[i], symbols[i + 1]);
                counts[pair] = counts.GetValueOrDefault(pair) + count;
            }
        }
        (string Left, string Right)? best = null;
        int most = 1;
        foreach (((string left, string right), int count) in counts)
        {
            if (count > most || (count == most && best is (string bestLeft, string bestRight)
                && string.CompareOrdinal($"{left} {right}", $"{bestLeft} {bestRight}") < 0))
            {
                (best, most) = ((left, right), count);
            }
        }
        return best;
    }

    private static void Merge(List<string> symbols, string left, string right)
    {
        for (int i = 0; i + 1 < symbols.Count; i++)
        {
            if (symbols[i] == left && symbols[i + 1] == right)
            {
                symbols[i] = left + right;
                symbols.RemoveAt(i + 1);
            }
        }
    }
}
