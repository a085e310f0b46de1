using System.Text.Json;
using PaliGemma.Kernels;

namespace PaliGemma.Configuration;

/// <summary>
/// Walks through one big JSON object or list, item by item, and holds nothing of it: 450 MB of COCO annotations are only passed over. Items
/// are those of the object's lists, and its members that are objects. An item's bytes stay where they are in the mapped file, and can be
/// read again from there.
/// </summary>
internal sealed class JsonListReader
{
    /// <summary>Bytes that are looked at together at first; an item that does not fit doubles them.</summary>
    private const int FirstWindow = 1 << 20;

    private readonly string _path;
    private readonly MemoryRegion _file;
    private readonly HashSet<string> _lists = new(StringComparer.Ordinal);
    private JsonReaderState _state = new(new JsonReaderOptions { MaxDepth = 64 });
    private bool _inList;
    private bool _isList;
    private int _members;

    public JsonListReader(string path, MemoryRegion file)
    {
        _path = path;
        _file = file;
        Position = ByteOrderMark.LengthIn(file);
    }

    /// <summary>The name of the field that holds the list; empty where the file is one list, and for a member.</summary>
    public string List { get; private set; } = "";

    /// <summary>The names of the lists so far, those without items too; empty for a file that is one list.</summary>
    public IReadOnlySet<string> Lists => _lists;

    /// <summary>A member's name; empty for an item of a list.</summary>
    public string Member { get; private set; } = "";

    /// <summary>The item's place in the list or among the members, from 0.</summary>
    public int Index { get; private set; }

    /// <summary>Where the item begins in the file, in bytes.</summary>
    public long Start { get; private set; }

    /// <summary>The item's length in bytes.</summary>
    public int Length { get; private set; }

    /// <summary>Where in the file reading goes on.</summary>
    public long Position { get; private set; }

    /// <summary>Moves to the next item; false at the end.</summary>
    /// <exception cref="ModelFileException">The file is not one JSON object or list.</exception>
    public bool Read()
    {
        int window = FirstWindow;
        while (true)
        {
            int length = (int)Math.Min(window, _file.Length - Position);
            bool last = length == _file.Length - Position;
            Utf8JsonReader reader = new(_file.Span<byte>(Position, length), last, _state);
            Step step;
            try
            {
                step = Advance(ref reader);
            }
            catch (Exception error) when (error is JsonException or InvalidOperationException)
            {
                long line = (error as JsonException)?.LineNumber ?? 0;
                throw new ModelFileException(
                    $"{_path}: line {line + 1} is damaged or the file ends too early; expected one JSON object or list in UTF-8.", error);
            }
            if (step != Step.Unfinished)
            {
                Position += reader.BytesConsumed;
                _state = reader.CurrentState;
                window = FirstWindow;
            }
            else
            {
                window = window <= int.MaxValue / 2
                    ? window * 2
                    : throw new ModelFileException($"{_path}: the item at byte {Position} is longer than {window} bytes.");
            }
            if (step is Step.Item or Step.End)
            {
                return step == Step.Item;
            }
        }
    }

    /// <summary>Takes one step; what it changes besides the reader is the same if it is taken again with a larger window.</summary>
    private Step Advance(ref Utf8JsonReader reader)
    {
        if (!reader.Read())
        {
            return Step.Unfinished;
        }
        if (!_inList)
        {
            return reader.TokenType switch
            {
                JsonTokenType.StartObject => Step.Moved,
                JsonTokenType.StartArray => EnterList("", isWhole: true),
                JsonTokenType.PropertyName => EnterField(ref reader),
                JsonTokenType.EndObject => Finish(ref reader),
                _ => throw new JsonException(),
            };
        }
        if (reader.TokenType == JsonTokenType.EndArray)
        {
            if (_isList)
            {
                return Finish(ref reader);
            }
            _inList = false;
            return Step.Moved;
        }
        if (!TakeItem(ref reader))
        {
            return Step.Unfinished;
        }
        Index++;
        return Step.Item;
    }

    private bool TakeItem(ref Utf8JsonReader reader)
    {
        long start = reader.TokenStartIndex;
        if (!reader.TrySkip())
        {
            return false;
        }
        Start = Position + start;
        Length = (int)(reader.BytesConsumed - start);
        return true;
    }

    private Step EnterList(string name, bool isWhole)
    {
        _lists.Add(name);
        (List, Member, Index, _inList, _isList) = (name, "", -1, true, isWhole);
        return Step.Moved;
    }

    private Step EnterField(ref Utf8JsonReader reader)
    {
        string name = reader.GetString()!;
        if (!reader.Read())
        {
            return Step.Unfinished;
        }
        if (reader.TokenType == JsonTokenType.StartArray)
        {
            return EnterList(name, isWhole: false);
        }
        if (reader.TokenType == JsonTokenType.StartObject)
        {
            if (!TakeItem(ref reader))
            {
                return Step.Unfinished;
            }
            (List, Member, Index) = ("", name, _members++);
            return Step.Item;
        }
        return reader.TrySkip() ? Step.Moved : Step.Unfinished;
    }

    /// <summary>The object or list has ended; only white space may follow.</summary>
    private static Step Finish(ref Utf8JsonReader reader) =>
        reader.Read() ? throw new JsonException() : reader.IsFinalBlock ? Step.End : Step.Unfinished;

    private enum Step
    {
        /// <summary>The window ends inside the step.</summary>
        Unfinished,

        Moved,

        Item,

        End,
    }
}
