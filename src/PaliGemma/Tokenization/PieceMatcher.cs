namespace PaliGemma.Tokenization;

/// <summary>Finds the longest of a set of pieces at a place in a text: a trie over UTF-16 units.</summary>
internal sealed class PieceMatcher
{
    private readonly Dictionary<(int Node, char Next), int> _edges = [];
    private readonly List<int> _ids = [-1];

    /// <summary>Adds a piece; false if it is empty or there already.</summary>
    public bool TryAdd(string piece, int id)
    {
        int node = 0;
        foreach (char next in piece)
        {
            if (!_edges.TryGetValue((node, next), out int child))
            {
                child = _ids.Count;
                _ids.Add(-1);
                _edges.Add((node, next), child);
            }
            node = child;
        }
        if (node == 0 || _ids[node] >= 0)
        {
            return false;
        }
        _ids[node] = id;
        return true;
    }

    /// <summary>The longest piece that <paramref name="text"/> starts with.</summary>
    /// <returns>Its id and length; a length of 0 if there is none.</returns>
    public (int Id, int Length) Longest(ReadOnlySpan<char> text)
    {
        (int Id, int Length) best = (-1, 0);
        int node = 0;
        for (int i = 0; i < text.Length && _edges.TryGetValue((node, text[i]), out node); i++)
        {
            if (_ids[node] >= 0)
            {
                best = (_ids[node], i + 1);
            }
        }
        return best;
    }
}
