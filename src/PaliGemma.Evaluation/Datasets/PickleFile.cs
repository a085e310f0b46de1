using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace PaliGemma.Evaluation.Datasets;

/// <summary>
/// Reads Python's pickles of plain data, protocols 0 to 4 (cpython, Lib/pickletools.py): numbers, strings, lists, tuples and dictionaries.
/// Anything that would name a class or call a function is refused, so that a file can do nothing.
/// </summary>
internal sealed class PickleFile
{
    private const long Longest = 1 << 28;

    private static readonly object Mark = new();

    private readonly string _path;
    private readonly byte[] _bytes;
    private readonly Stack<object?> _stack = new();
    private readonly Dictionary<long, object?> _memo = [];
    private int _at;

    private PickleFile(string path)
    {
        _path = path;
        _bytes = ModelFile.ReadAll(path, Longest);
    }

    /// <summary>The list that a file holds. Whole numbers are <see cref="long"/>, and keys of dictionaries strings.</summary>
    /// <exception cref="ModelFileException">The file is damaged, or holds anything else.</exception>
    public static List<object?> ReadList(string path)
    {
        PickleFile file = new(path);
        try
        {
            return file.Read() as List<object?> ?? throw new FormatException("it holds no list");
        }
        catch (Exception error) when (error is FormatException or InvalidOperationException or IndexOutOfRangeException
            or ArgumentException or OverflowException or KeyNotFoundException)
        {
            throw new ModelFileException($"{path} is not a pickled list of plain data: at byte {file._at}, {error.Message}", error);
        }
    }

    private object? Read()
    {
        while (true)
        {
            byte code = _bytes[_at++];
            switch (code)
            {
                case (byte)'.':
                    return _stack.Pop();
                case 0x80:
                    _at++;
                    break;
                case 0x95:
                    _at += 8;
                    break;
                case (byte)'p':
                    _memo[long.Parse(Line(), CultureInfo.InvariantCulture)] = _stack.Peek();
                    break;
                case (byte)'q':
                    _memo[_bytes[_at++]] = _stack.Peek();
                    break;
                case (byte)'r':
                    _memo[Length()] = _stack.Peek();
                    break;
                case 0x94:
                    _memo[_memo.Count] = _stack.Peek();
                    break;
                case (byte)'a':
                    object? item = _stack.Pop();
                    List().Add(item);
                    break;
                case (byte)'e':
                    object?[] items = PopToMark();
                    List().AddRange(items);
                    break;
                case (byte)'s':
                    object? value = _stack.Pop();
                    object? key = _stack.Pop();
                    Put([key, value]);
                    break;
                case (byte)'u':
                    Put(PopToMark());
                    break;
                default:
                    _stack.Push(Value(code));
                    break;
            }
        }
    }

    private object? Value(byte code) => code switch
    {
        (byte)'(' => Mark,
        (byte)'N' => null,
        0x88 => true,
        0x89 => false,
        (byte)'I' or (byte)'L' => long.Parse(Line().TrimEnd('L'), CultureInfo.InvariantCulture),
        (byte)'J' => (long)BinaryPrimitives.ReadInt32LittleEndian(Take(4)),
        (byte)'K' => (long)Take(1)[0],
        (byte)'M' => (long)BinaryPrimitives.ReadUInt16LittleEndian(Take(2)),
        0x8A => Long(Take(Take(1)[0])),
        (byte)'F' => double.Parse(Line(), CultureInfo.InvariantCulture),
        (byte)'G' => BinaryPrimitives.ReadDoubleBigEndian(Take(8)),
        (byte)'S' => Quoted(Line()),
        (byte)'V' => Line(),
        (byte)'U' or 0x8C => Encoding.UTF8.GetString(Take(Take(1)[0])),
        (byte)'T' or (byte)'X' => Encoding.UTF8.GetString(Take(Length())),
        (byte)']' => new List<object?>(),
        (byte)'l' or (byte)'t' => new List<object?>(PopToMark()),
        (byte)')' => new List<object?>(),
        0x85 or 0x86 or 0x87 => new List<object?>(Pop(code - 0x84)),
        (byte)'}' => new Dictionary<string, object?>(StringComparer.Ordinal),
        (byte)'d' => Dictionary(PopToMark()),
        (byte)'g' => _memo[long.Parse(Line(), CultureInfo.InvariantCulture)],
        (byte)'h' => _memo[Take(1)[0]],
        (byte)'j' => _memo[Length()],
        _ => throw new FormatException($"the code {code} is none of plain data"),
    };

    private List<object?> List() => _stack.Peek() as List<object?> ?? throw new FormatException("there is no list to add to");

    private void Put(object?[] pairs)
    {
        Dictionary<string, object?> target = _stack.Peek() as Dictionary<string, object?>
            ?? throw new FormatException("there is no dictionary to add to");
        foreach ((string key, object? value) in Dictionary(pairs))
        {
            target[key] = value;
        }
    }

    private static Dictionary<string, object?> Dictionary(object?[] pairs)
    {
        Dictionary<string, object?> result = new(StringComparer.Ordinal);
        for (int i = 0; i + 1 < pairs.Length; i += 2)
        {
            result[pairs[i] as string ?? throw new FormatException("a key is no string")] = pairs[i + 1];
        }
        return pairs.Length % 2 == 0 ? result : throw new FormatException("a key has no value");
    }

    private object?[] PopToMark()
    {
        List<object?> items = [];
        object? item;
        while ((item = _stack.Pop()) != Mark)
        {
            items.Add(item);
        }
        items.Reverse();
        return [.. items];
    }

    private object?[] Pop(int count)
    {
        object?[] items = new object?[count];
        for (int i = count - 1; i >= 0; i--)
        {
            items[i] = _stack.Pop();
        }
        return items;
    }

    private int Length() => checked((int)BinaryPrimitives.ReadUInt32LittleEndian(Take(4)));

    private ReadOnlySpan<byte> Take(int count)
    {
        ReadOnlySpan<byte> taken = _bytes.AsSpan(_at, count);
        _at += count;
        return taken;
    }

    private string Line()
    {
        int end = Array.IndexOf(_bytes, (byte)'\n', _at);
        string line = end < 0 ? throw new FormatException("a line does not end") : Encoding.UTF8.GetString(_bytes, _at, end - _at);
        _at = end + 1;
        return line;
    }

    private static string Quoted(string text)
    {
        string trimmed = text.Trim();
        return trimmed.Length >= 2 && trimmed[0] is '\'' or '"' && trimmed[^1] == trimmed[0]
            ? System.Text.RegularExpressions.Regex.Unescape(trimmed[1..^1])
            : throw new FormatException("a string has no quotes");
    }

    /// <summary>A whole number in two's complement, the lowest byte first.</summary>
    private static long Long(ReadOnlySpan<byte> bytes)
    {
        Span<byte> all = stackalloc byte[sizeof(long)];
        all.Fill(bytes.Length > 0 && bytes[^1] >= 0x80 ? byte.MaxValue : (byte)0);
        bytes.CopyTo(all);
        return BinaryPrimitives.ReadInt64LittleEndian(all);
    }
}
