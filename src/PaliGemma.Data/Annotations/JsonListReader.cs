using System.Text.Json;
using PaliGemma.Kernels;

namespace PaliGemma.Data.Annotations;

/// <summary>
/// Walks through one big JSON object, list by list and item by item, and holds nothing of it: 450 MB of COCO annotations are only passed
/// over. An item's bytes stay where they are in the mapped file, and can be read again from there.
/// </summary>
internal sealed class JsonListReader
{
    /// <summary>Bytes that are looked at together at first; an item that does not fit doubles them.</summary>
    private const int FirstWindow = 1 << 20;

    private readonly string _path;
    private readonly MemoryRegion _file;
    private JsonReaderState _state = new(new JsonReaderOptions { MaxDepth = 64 });
    private bool _inList;

    public JsonListReader(string path, MemoryRegion file)
    {
        _path = path;
        _file = file;
        Position = AnnotationFile.MarkLength(file);
    }

    /// <summary>The name of the field that holds the list.</summary>
    public string List { get; private set; } = "";

    /// <summary>The item's place in the list, from 0.</summary>
    public int Index { get; private set; }

    /// <summary>Where the item begins in the file, in bytes.</summary>
    public long Start { get; private set; }

    /// <summary>The item's length in bytes.</summary>
    public int Length { get; private set; }

    /// <summary>Where in the file reading goes on.</summary>
    public long Position { get; private set; }

    /// <summary>Moves to the next item of the object's lists; false at the object's end.</summary>
    /// <exception cref="ModelFileException">The file is not one JSON object.</exception>
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
                throw new ModelFileException($"{_path} is not a JSON object of lists: line {line + 1} is damaged.", error);
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
                JsonTokenType.PropertyName => EnterField(ref reader),
                JsonTokenType.EndObject => Finish(ref reader),
                _ => throw new JsonException(),
            };
        }
        if (reader.TokenType == JsonTokenType.EndArray)
        {
            _inList = false;
            return Step.Moved;
        }
        long start = reader.TokenStartIndex;
        if (!reader.TrySkip())
        {
            return Step.Unfinished;
        }
        Index++;
        Start = Position + start;
        Length = (int)(reader.BytesConsumed - start);
        return Step.Item;
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
            List = name;
            Index = -1;
            _inList = true;
            return Step.Moved;
        }
        return reader.TrySkip() ? Step.Moved : Step.Unfinished;
    }

    /// <summary>The object has ended; only white space may follow.</summary>
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
