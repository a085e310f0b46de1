using System.Runtime.InteropServices;

namespace PaliGemma.Tasks;

/// <summary>
/// Reads objects out of an answer while it comes, each as soon as it is complete: when the next one's first location is there, or the
/// answer ends. Forgiving: it takes whatever a model may say, reports what is not as <see cref="ObjectText"/> writes it, and never throws.
/// The rules:
/// <list type="bullet">
/// <item>Four location tokens begin an object; spaces between tokens do not matter. Fewer than four are reported and left out.</item>
/// <item>Sixteen segmentation tokens after them are its mask. Another number is reported, and the box is kept alone.</item>
/// <item>The label is all text from there to the next location token or the end, without the separator and white space around it. It may be
/// missing.</item>
/// <item>A semicolon inside belongs to the label, because labels may have some, and nothing is lost so. Where it is known what was asked
/// for, the label ends with the thing that it begins with, or else at its first semicolon, and the rest is reported.</item>
/// <item>Text that belongs to no object is reported: before the first location, or between a semicolon and the next location.</item>
/// <item>A box whose bottom lies above its top, or whose right lies left of its left, has these edges exchanged, and is reported.</item>
/// </list>
/// </summary>
/// <param name="width">The original picture's width in pixels.</param>
/// <param name="height">The original picture's height in pixels.</param>
/// <param name="scale">What a location token's number is divided by.</param>
/// <param name="things">What was asked for; null if that is not known.</param>
public sealed class StreamingObjectParser(
    int width, int height, LocationScale scale = LocationScale.Over1023, IReadOnlyList<string>? things = null)
{
    /// <summary>In <see cref="_words"/>: a token stood here that is no part of the label.</summary>
    private const int Gap = -1;

    private readonly List<char> _text = [];
    private readonly List<Piece> _pieces = [];

    /// <summary>Per character of <see cref="_text"/>: the entry of <see cref="_pieces"/> that it came with.</summary>
    private readonly List<int> _sources = [];

    private readonly List<ParseProblem> _problems = [];
    private readonly List<int> _locations = [];
    private readonly List<int> _codes = [];

    /// <summary>Places in <see cref="_text"/> of the characters since the object's last location or segmentation token.</summary>
    private readonly List<int> _words = [];

    private readonly List<DetectedObject> _completed = [];
    private Piece _unplaced;
    private Evidence _evidence;
    private bool _blank = true;
    private int _read;
    private int _groupStart;
    private int _strayCodesEnd = -1;

    /// <summary>What has not been as the grammar says so far.</summary>
    public IReadOnlyList<ParseProblem> Problems => _problems;

    /// <summary>Takes the next piece of the answer.</summary>
    /// <param name="text">The text of a token, or any other part of the answer; may be empty where a token only begins a character.</param>
    /// <param name="logProbability">
    /// Natural logarithm of the token's probability; null if it is not known, and then the objects it is part of have no score.
    /// </param>
    /// <returns>The objects that are complete now.</returns>
    public IReadOnlyList<DetectedObject> Append(string text, float? logProbability = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        _unplaced = new Piece(_unplaced.Sum + (logProbability ?? double.NaN), _unplaced.Count + 1);
        if (text.Length > 0)
        {
            _pieces.Add(_unplaced);
            _unplaced = default;
            _text.AddRange(text);
            CollectionsMarshal.SetCount(_sources, _text.Count);
            CollectionsMarshal.AsSpan(_sources)[^text.Length..].Fill(_pieces.Count - 1);
            Read(final: false);
        }
        return TakeCompleted();
    }

    /// <summary>Ends the answer.</summary>
    /// <returns>The object that the end completes, if there is one.</returns>
    public IReadOnlyList<DetectedObject> Complete()
    {
        Read(final: true);
        EndGroup(answerEnds: true);
        return TakeCompleted();
    }

    private DetectedObject[] TakeCompleted()
    {
        DetectedObject[] completed = [.. _completed];
        _completed.Clear();
        return completed;
    }

    /// <summary>
    /// Takes characters and tokens from the front of the unread text; one that may be the beginning of a token waits, unless nothing
    /// follows.
    /// </summary>
    private void Read(bool final)
    {
        while (_read < _text.Count)
        {
            ReadOnlySpan<char> rest = CollectionsMarshal.AsSpan(_text)[_read..];
            if (LocationTokens.TryParse(rest, out int location))
            {
                TakeLocation(location);
                _read += LocationTokens.Length;
            }
            else if (SegmentationTokens.TryParse(rest, out int code))
            {
                TakeCode(code);
                _read += SegmentationTokens.Length;
            }
            else if (!final && MayBeginToken(rest))
            {
                return;
            }
            else
            {
                _blank &= char.IsWhiteSpace(rest[0]);
                _words.Add(_read++);
            }
        }
    }

    private static bool MayBeginToken(ReadOnlySpan<char> rest) =>
        rest[0] == '<' && (Begins(rest, "<loc", LocationTokens.Length) || Begins(rest, "<seg", SegmentationTokens.Length));

    private static bool Begins(ReadOnlySpan<char> rest, string head, int length)
    {
        if (rest.Length >= length)
        {
            return false;
        }
        int common = Math.Min(rest.Length, head.Length);
        return rest[..common].SequenceEqual(head.AsSpan(0, common)) && !rest[common..].ContainsAnyExceptInRange('0', '9');
    }

    private void TakeLocation(int location)
    {
        if (_locations.Count is 0 or LocationTokens.PerBox || !_blank)
        {
            EndGroup(answerEnds: false);
            _groupStart = _read;
        }
        ClearWords();
        _locations.Add(location);
        _evidence.Add(_pieces, CollectionsMarshal.AsSpan(_sources).Slice(_read, LocationTokens.Length));
    }

    private void TakeCode(int code)
    {
        if (_locations.Count == LocationTokens.PerBox && _codes.Count < SegmentationTokens.PerMask && _blank)
        {
            ClearWords();
            _codes.Add(code);
            return;
        }
        if (_strayCodesEnd != _read)
        {
            Report(_read, "Segmentation tokens that belong to no mask; they are left out.");
            _words.Add(Gap);
        }
        _strayCodesEnd = _read + SegmentationTokens.Length;
    }

    private void ClearWords()
    {
        _words.Clear();
        _blank = true;
    }

    private string Words() => string.Create(
        _words.Count, this, static (text, self) =>
        {
            for (int i = 0; i < text.Length; i++)
            {
                text[i] = self._words[i] == Gap ? ' ' : self._text[self._words[i]];
            }
        });

    /// <summary>Ends the object that has been begun, or the text outside of objects.</summary>
    private void EndGroup(bool answerEnds)
    {
        string words = Words();
        if (_locations.Count == 0)
        {
            ReportStray(words, 0, words.Length);
        }
        else if (_locations.Count < LocationTokens.PerBox)
        {
            string label = _blank ? "" : $", '{Excerpt(words.AsSpan().Trim())}',";
            Report(_groupStart, $"A box{label} has {_locations.Count} of {LocationTokens.PerBox} locations; it is left out.");
        }
        else
        {
            (int start, int end) = FindLabel(words, answerEnds);
            _completed.Add(Complete(words, start, end));
        }
        _locations.Clear();
        _codes.Clear();
        ClearWords();
        _evidence = default;
    }

    /// <summary>The range of the label in the text after an object's tokens.</summary>
    private (int Start, int End) FindLabel(string words, bool answerEnds)
    {
        (int start, int end) = Trim(words, 0, words.Length);
        if (start == end)
        {
            if (!answerEnds)
            {
                Report(_read, "No ';' separates two boxes.");
            }
            return (start, start);
        }
        if (words[start] == ';')
        {
            bool more = ReportStray(words, start + 1, words.Length);
            if (answerEnds && !more)
            {
                Report(_words[start], "The answer ends after a ';' where another box should follow.");
            }
            return (start, start);
        }
        int separator = words.AsSpan(start, end - start).LastIndexOf(';') + start;
        bool separated = separator == end - 1 && (!answerEnds || char.IsWhiteSpace(words[separator - 1]));
        if (separated)
        {
            if (answerEnds)
            {
                Report(_words[separator], "The answer ends after a ';' where another box should follow.");
            }
            end = separator;
        }
        else if (!answerEnds)
        {
            if (separator < start)
            {
                Report(_read, "No ';' separates two boxes.");
            }
            else
            {
                ReportStray(words, separator + 1, end);
                end = separator;
            }
        }
        (start, end) = Trim(words, start, end);
        (start, end) = Trim(words, start, EndOfThing(words, start, end));
        // What is left must be a label that can be written again.
        while (end - start > 1 && words[end - 1] == ';' && char.IsWhiteSpace(words[end - 2]))
        {
            Report(_words[end - 1], "Nothing stands before a ';'.");
            (start, end) = Trim(words, start, end - 1);
        }
        return (start, end);
    }

    /// <summary>Where the label ends that was asked for; reports what stands behind it.</summary>
    private int EndOfThing(string words, int start, int end)
    {
        ReadOnlySpan<char> label = words.AsSpan(start, end - start);
        int separator = label.IndexOf(';');
        if (things is null || separator < 0)
        {
            return end;
        }
        foreach (string thing in things)
        {
            if (!label.StartsWith(thing, StringComparison.Ordinal))
            {
                continue;
            }
            ReadOnlySpan<char> rest = label[thing.Length..].TrimStart();
            if (rest.IsEmpty)
            {
                return end;
            }
            separator = rest[0] == ';' ? Math.Max(separator, label.Length - rest.Length) : separator;
        }
        if (!ReportStray(words, start + separator + 1, end))
        {
            Report(_words[start + separator], "Nothing stands after a ';'.");
        }
        return start + separator;
    }

    private DetectedObject Complete(string words, int start, int end)
    {
        foreach (int place in CollectionsMarshal.AsSpan(_words)[start..end])
        {
            if (place != Gap)
            {
                _evidence.Add(_pieces, [_sources[place]]);
            }
        }
        int[]? codes = _codes.Count == SegmentationTokens.PerMask ? [.. _codes] : null;
        if (codes is null && _codes.Count > 0)
        {
            Report(_groupStart, $"A mask has {_codes.Count} of {SegmentationTokens.PerMask} segmentation tokens; the box is kept alone.");
        }
        (int y1, int x1, int y2, int x2) = (_locations[0], _locations[1], _locations[2], _locations[3]);
        if (y2 < y1 || x2 < x1)
        {
            Report(_groupStart, "A box's edges are in the wrong order; they were exchanged.");
        }
        BoundingBox box = new(Place(Math.Min(y1, y2)), Place(Math.Min(x1, x2)), Place(Math.Max(y1, y2)), Place(Math.Max(x1, x2)));
        return new DetectedObject(words[start..end], box, box.ToPixels(width, height), _evidence.Score, codes);

        float Place(int location) => LocationTokens.Decode(location, scale);
    }

    /// <summary>Reports text outside of objects, if there is any.</summary>
    private bool ReportStray(string words, int start, int end)
    {
        (start, end) = Trim(words, start, end);
        if (end > start && words[end - 1] == ';')
        {
            (start, end) = Trim(words, start, end - 1);
        }
        if (start == end)
        {
            return false;
        }
        Report(_words[start], $"The text '{Excerpt(words.AsSpan(start, end - start))}' belongs to no box.");
        return true;
    }

    private static (int Start, int End) Trim(string words, int start, int end)
    {
        while (start < end && char.IsWhiteSpace(words[start]))
        {
            start++;
        }
        while (start < end && char.IsWhiteSpace(words[end - 1]))
        {
            end--;
        }
        return (start, end);
    }

    private static string Excerpt(ReadOnlySpan<char> text)
    {
        const int Longest = 40;
        if (text.Length <= Longest)
        {
            return text.ToString();
        }
        int length = char.IsHighSurrogate(text[Longest - 1]) ? Longest - 1 : Longest;
        return string.Concat(text[..length], "…");
    }

    private void Report(int position, string what) => _problems.Add(new ParseProblem(position, what));

    /// <param name="Sum">Of the log-probabilities of the tokens that came together; not a number if one is not known.</param>
    /// <param name="Count">How many they are.</param>
    private readonly record struct Piece(double Sum, int Count);

    /// <summary>The tokens that an object's score comes from.</summary>
    private struct Evidence
    {
        private Piece _total;
        private int _next;

        public readonly float? Score => double.IsNaN(_total.Sum) || _total.Count == 0 ? null : (float)Math.Exp(_total.Sum / _total.Count);

        /// <summary>Adds the pieces of some characters, each once; characters come in the order of the answer.</summary>
        public void Add(List<Piece> pieces, ReadOnlySpan<int> sources)
        {
            foreach (int source in sources)
            {
                if (source >= _next)
                {
                    _total = new Piece(_total.Sum + pieces[source].Sum, _total.Count + pieces[source].Count);
                    _next = source + 1;
                }
            }
        }
    }
}
