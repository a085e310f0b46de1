using PaliGemma.Generation;
using PaliGemma.Tokenization;

namespace PaliGemma.Tasks;

/// <summary>
/// Holds answers to the grammar of <see cref="ObjectText"/>: four locations, for masks sixteen codes, one of the labels asked for, then a
/// separator and the next object, or the end. A box's bottom never lies above its top, nor its right to the left of its left. Where labels
/// are expected an answer may also be empty: a model that sees none of the things ends at once.
/// </summary>
/// <remarks>
/// The tokens of labels and separators are taken from the tokenizer as it encodes whole answers, so that the model is only ever shown what
/// it was trained on. Between two location or segmentation tokens, which the tokenizer cuts out before anything is merged, only
/// <c>␣label</c> and <c>␣label␣;␣</c> can stand: these two are encoded for every label and kept in a trie.
/// </remarks>
public sealed class ObjectConstraint : TokenConstraint
{
    /// <summary>States before the label, in order; then come the codes, then the trie's nodes.</summary>
    private const int FirstY1 = 0, FirstX1 = 1, SecondY = 2, SecondX = 3;

    /// <summary>A state holds its node in the high bits, and under them the box's top and left.</summary>
    private const int PlaceBits = 10;

    private readonly int _end;
    private readonly bool _mayBeEmpty;
    private readonly int[] _locations;
    private readonly int[] _beginning;
    private readonly int[] _codes;

    /// <summary>Tokens of the shortest object and the end.</summary>
    private readonly int _shortestObject;

    private readonly Dictionary<int, int> _indexOfLocation = [];
    private readonly List<Node> _trie = [];

    /// <summary>Creates the constraint of a task.</summary>
    /// <param name="task">The things to look for; each may be named any number of times.</param>
    /// <param name="tokenizer">The model's.</param>
    /// <param name="endToken">The model's end token.</param>
    /// <exception cref="ArgumentException">The vocabulary has no location or segmentation tokens.</exception>
    public ObjectConstraint(ObjectPrompt task, PaliGemmaTokenizer tokenizer, int endToken)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(tokenizer);
        _end = endToken;
        _mayBeEmpty = task.HasLabels;
        _locations = Encode(tokenizer, LocationTokens.Count, LocationTokens.Format);
        _beginning = _mayBeEmpty ? [endToken, .. _locations] : _locations;
        _codes = task.HasMasks ? Encode(tokenizer, SegmentationTokens.Count, SegmentationTokens.Format) : [];
        for (int i = 0; i < _locations.Length; i++)
        {
            _indexOfLocation.Add(_locations[i], i);
        }
        _trie.Add(new Node());
        int shortestLabel = 0;
        if (task.HasLabels)
        {
            shortestLabel = int.MaxValue;
            foreach (string label in task.Things)
            {
                int[] last = tokenizer.Encode(" " + label);
                shortestLabel = Math.Min(shortestLabel, last.Length);
                Path(last).Ends = true;
                Path(tokenizer.Encode(" " + label + ObjectText.Separator)).Repeats = true;
            }
        }
        else
        {
            _trie[0].Ends = true;
        }
        _shortestObject = Label + shortestLabel + 1;
        Measure();
    }

    /// <inheritdoc/>
    public override long Start => State(FirstY1);

    /// <inheritdoc/>
    public override int ShortestAnswer => _mayBeEmpty ? 1 : _shortestObject;

    private int CodeCount => _codes.Length == 0 ? 0 : SegmentationTokens.PerMask;

    /// <summary>The node of the trie's root.</summary>
    private int Label => LocationTokens.PerBox + CodeCount;

    /// <inheritdoc/>
    public override ReadOnlySpan<int> Allowed(long state, int room)
    {
        (int node, int y, int x) = Parts(state);
        return node switch
        {
            FirstY1 => room >= _shortestObject ? _beginning : [_end],
            FirstX1 => _locations,
            SecondY => _locations.AsSpan(y),
            SecondX => _locations.AsSpan(x),
            _ when node < Label => _codes,
            _ => Allowed(_trie[node - Label], room),
        };
    }

    /// <summary>The end of an answer that has no object: whether there is one and where it begins are two questions.</summary>
    public override int Minority(long state) => _mayBeEmpty && Parts(state).Node == FirstY1 ? _end : -1;

    /// <inheritdoc/>
    public override long Advance(long state, int token)
    {
        (int node, int y, int x) = Parts(state);
        return node switch
        {
            FirstY1 => State(FirstX1, _indexOfLocation[token]),
            FirstX1 => State(SecondY, y, _indexOfLocation[token]),
            _ when node < Label => State(node + 1, y, x),
            _ when _trie[node - Label].Children.TryGetValue(token, out int child) => State(Label + child),
            _ => State(FirstX1, _indexOfLocation[token]),
        };
    }

    private static long State(int node, int y = 0, int x = 0) => ((((long)node << PlaceBits) | (uint)y) << PlaceBits) | (uint)x;

    private static (int Node, int Y, int X) Parts(long state) =>
        ((int)(state >> (2 * PlaceBits)), (int)(state >> PlaceBits) & (LocationTokens.Count - 1), (int)state & (LocationTokens.Count - 1));

    private static int[] Encode(PaliGemmaTokenizer tokenizer, int count, Func<int, string> format)
    {
        int[] ids = tokenizer.Encode(string.Concat(Enumerable.Range(0, count).Select(format)));
        return ids.Length == count
            ? ids
            : throw new ArgumentException(
                $"The tokenizer has no pieces {format(0)} to {format(count - 1)}: this model cannot answer with them.");
    }

    private ReadOnlySpan<int> Allowed(Node node, int room)
    {
        if (room >= node.Longest)
        {
            return node.Allowed;
        }
        List<int> allowed = [];
        if (node.Ends)
        {
            allowed.Add(_end);
        }
        allowed.AddRange(node.Children.Where(child => _trie[child.Value].Shortest < room).Select(child => child.Key));
        if (node.Repeats && room >= _shortestObject)
        {
            allowed.AddRange(_locations);
        }
        return allowed.ToArray();
    }

    /// <summary>The node that tokens lead to from the trie's root, which is made if need be.</summary>
    private Node Path(ReadOnlySpan<int> tokens)
    {
        int node = 0;
        foreach (int token in tokens)
        {
            if (!_trie[node].Children.TryGetValue(token, out int child))
            {
                child = _trie.Count;
                _trie[node].Children.Add(token, child);
                _trie.Add(new Node());
            }
            node = child;
        }
        return _trie[node];
    }

    /// <summary>Works out what every node of the trie allows and how many tokens its ways to the end take.</summary>
    private void Measure()
    {
        // Children stand behind their parents.
        for (int i = _trie.Count - 1; i >= 0; i--)
        {
            Node node = _trie[i];
            List<int> ways = [.. node.Children.Values.Select(child => _trie[child].Shortest + 1)];
            List<int> allowed = [.. node.Children.Keys];
            if (node.Ends)
            {
                ways.Add(1);
                allowed.Add(_end);
            }
            if (node.Repeats)
            {
                ways.Add(_shortestObject);
                allowed.AddRange(_locations);
            }
            node.Shortest = ways.Min();
            node.Longest = ways.Max();
            // By id, so that ties are settled as without a constraint.
            node.Allowed = [.. allowed.Order()];
        }
    }

    /// <summary>A place inside the tokens of labels and separators.</summary>
    private sealed class Node
    {
        public Dictionary<int, int> Children { get; } = [];

        /// <summary>Whether the answer may end here.</summary>
        public bool Ends { get; set; }

        /// <summary>Whether the next object may begin here.</summary>
        public bool Repeats { get; set; }

        /// <summary>Everything that may come next if there is room enough.</summary>
        public int[] Allowed { get; set; } = [];

        /// <summary>Tokens to the end, itself included, on the shortest way.</summary>
        public int Shortest { get; set; }

        /// <summary>Tokens to the end if the next one is the allowed one from which it is farthest.</summary>
        public int Longest { get; set; }
    }
}
