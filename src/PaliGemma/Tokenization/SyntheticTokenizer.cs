namespace PaliGemma.Tokenization;

/// <summary>
/// Writes the tokenizer of a model that was never trained: every id that PaliGemma gives a meaning has it, and the others are made-up words of Latin letters, with
/// the merges that lead to them.
/// </summary>
public static class SyntheticTokenizer
{
    /// <summary>
    /// The lowest id that <c>&lt;image&gt;</c>, the last piece, can have: below it are the pieces with a meaning and all ASCII characters.
    /// </summary>
    public static int LowestImageTokenId => TokenizerWriter.FirstCharacterId + TokenizerWriter.Characters.Count() + TokenizerWriter.LastPieces;

    /// <summary>Writes <c>tokenizer.json</c> and the files that go with it.</summary>
    /// <param name="folder">A folder that exists.</param>
    /// <param name="imageTokenId">The id of <c>&lt;image&gt;</c>: 257,152 in the published models, at least
    /// <see cref="LowestImageTokenId"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The id leaves no room for the other pieces.</exception>
    public static void Write(string folder, int imageTokenId)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentOutOfRangeException.ThrowIfLessThan(imageTokenId, LowestImageTokenId);
        (List<string> words, List<string> merges) = MakeUp(imageTokenId - TokenizerWriter.LastPieces - TokenizerWriter.FirstCharacterId);
        new TokenizerWriter(words, merges).Write(folder);
    }

    /// <summary>Makes up pieces: single characters first, then all words of two letters, of three, and so on.</summary>
    private static (List<string> Words, List<string> Merges) MakeUp(int count)
    {
        List<string> words = [.. TokenizerWriter.Characters];
        List<string> merges = [];
        List<string> shorter = [TokenizerWriter.Space.ToString(), .. Letters()];
        while (words.Count < count)
        {
            List<string> longer = [];
            foreach (string start in shorter)
            {
                foreach (string letter in Letters())
                {
                    if (words.Count == count)
                    {
                        return (words, merges);
                    }
                    longer.Add(start + letter);
                    words.Add(start + letter);
                    merges.Add($"{start} {letter}");
                }
            }
            shorter = longer;
        }
        return (words, merges);
    }

    private static IEnumerable<string> Letters() => Enumerable.Range('a', 26).Select(character => ((char)character).ToString());
}
