using System.Text.Json;

namespace PaliGemma.Tokenization;

/// <summary>
/// Reads <c>tokenizer.json</c> of Hugging Face's tokenizers library, as far as Gemma uses it: a BPE vocabulary with byte fallback, and
/// added tokens. The file calls more of these special than SentencePiece calls control pieces (<c>&lt;start_of_turn&gt;</c> for one); the
/// five by name are, the others user-defined.
/// </summary>
/// <remarks>
/// The list of merges, two thirds of the file, says nothing new as long as its order is that of the results' ids, as it is in every Gemma
/// tokenizer: then the id is the rank. That is checked, not assumed.
/// </remarks>
internal sealed class TokenizerJson
{
    private const long LongestFile = 1 << 27;
    private const int MostPieces = 1 << 22;

    private readonly string _path;
    private readonly List<string?> _pieces = [];
    private readonly List<(int Id, string Content)> _added = [];
    private bool _byteFallback;

    private TokenizerJson(string path) => _path = path;

    /// <exception cref="ModelFileException">The file is not a PaliGemma tokenizer.</exception>
    public static Vocabulary Read(string path)
    {
        byte[] json = ModelFile.ReadAll(path, LongestFile);
        try
        {
            return new TokenizerJson(path).Parse(json);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException)
        {
            throw new ModelFileException($"{path} is not a tokenizer.json with a BPE vocabulary: {error.Message}", error);
        }
    }

    private Vocabulary Parse(ReadOnlySpan<byte> json)
    {
        Utf8JsonReader reader = new(json, new JsonReaderOptions { MaxDepth = 32 });
        Utf8JsonReader merges = default;
        Expect(reader.Read() && reader.TokenType == JsonTokenType.StartObject, "an object");
        while (NextField(ref reader, out string field))
        {
            switch (field)
            {
                case "added_tokens":
                    ReadAddedTokens(ref reader);
                    break;
                case "model":
                    merges = ReadModel(ref reader);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
        Expect(_byteFallback, "byte_fallback to be true");
        Vocabulary vocabulary = Build();
        CheckMergeOrder(ref merges, vocabulary);
        return vocabulary;
    }

    private void ReadAddedTokens(ref Utf8JsonReader reader)
    {
        Expect(reader.TokenType == JsonTokenType.StartArray, "added_tokens to be an array");
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            Expect(reader.TokenType == JsonTokenType.StartObject, "an added token to be an object");
            int id = -1;
            string? content = null;
            while (NextField(ref reader, out string field))
            {
                switch (field)
                {
                    case "id":
                        id = reader.GetInt32();
                        break;
                    case "content":
                        content = reader.GetString();
                        break;
                    default:
                        reader.Skip();
                        break;
                }
            }
            Expect(id is >= 0 and < MostPieces && content is not null, "an added token to have an id and a content");
            _added.Add((id, content!));
        }
    }

    /// <summary>Reads the BPE model; returns a reader that stands before its merges.</summary>
    private Utf8JsonReader ReadModel(scoped ref Utf8JsonReader reader)
    {
        Utf8JsonReader merges = default;
        Expect(reader.TokenType == JsonTokenType.StartObject, "model to be an object");
        while (NextField(ref reader, out string field))
        {
            switch (field)
            {
                case "type":
                    Expect(reader.GetString() == "BPE", "model.type to be BPE");
                    break;
                case "byte_fallback":
                    _byteFallback = reader.GetBoolean();
                    break;
                case "vocab":
                    ReadVocabulary(ref reader);
                    break;
                case "merges":
                    merges = reader;
                    reader.Skip();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
        return merges;
    }

    private void ReadVocabulary(scoped ref Utf8JsonReader reader)
    {
        Expect(reader.TokenType == JsonTokenType.StartObject, "model.vocab to be an object");
        while (NextField(ref reader, out string piece))
        {
            Set(reader.GetInt32(), piece);
        }
    }

    private void Set(int id, string piece)
    {
        Expect(id is >= 0 and < MostPieces, $"ids from 0 to {MostPieces - 1}");
        while (_pieces.Count <= id)
        {
            _pieces.Add(null);
        }
        Expect(_pieces[id] is null || _pieces[id] == piece, $"one piece for id {id}");
        _pieces[id] = piece;
    }

    private Vocabulary Build()
    {
        foreach ((int id, string content) in _added)
        {
            Set(id, content);
        }
        string[] pieces = new string[_pieces.Count];
        PieceKind[] kinds = new PieceKind[pieces.Length];
        for (int id = 0; id < pieces.Length; id++)
        {
            pieces[id] = _pieces[id] ?? throw new ModelFileException($"{_path}: no piece has the id {id}; expected every id up to {pieces.Length - 1}.");
            kinds[id] = Vocabulary.ParseByte(pieces[id]) is null ? PieceKind.Normal : PieceKind.Byte;
        }
        foreach ((int id, string content) in _added)
        {
            kinds[id] = content switch
            {
                Vocabulary.Unk => PieceKind.Unknown,
                Vocabulary.Bos or Vocabulary.Eos or Vocabulary.Pad or Vocabulary.Image => PieceKind.Control,
                _ => PieceKind.UserDefined,
            };
        }
        RestoreTabByte(pieces, kinds);
        return new Vocabulary(_path, pieces, kinds, [.. Enumerable.Range(0, pieces.Length)]);
    }

    /// <summary>Published Gemma files spell the byte piece of the tab as the tab itself.</summary>
    private static void RestoreTabByte(string[] pieces, PieceKind[] kinds)
    {
        int id = Array.IndexOf(pieces, "<0x08>") + 1;
        if (id > 0 && id < pieces.Length && pieces[id] == "\t")
        {
            pieces[id] = "<0x09>";
            kinds[id] = PieceKind.Byte;
        }
    }

    /// <summary>
    /// Goes through the merges and makes sure that their results' ids never fall; user-defined results are never merged, and do not count.
    /// </summary>
    private void CheckMergeOrder(ref Utf8JsonReader reader, Vocabulary vocabulary)
    {
        if (reader.TokenType == JsonTokenType.None)
        {
            throw new ModelFileException($"{_path}: model.merges is missing; expected the merges of a BPE vocabulary.");
        }
        Expect(reader.TokenType == JsonTokenType.StartArray, "model.merges to be an array");
        Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> pieces = vocabulary.Mergeable;
        char[] buffer = new char[256];
        int previous = -1;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            int length = CopyMerged(ref reader, ref buffer);
            if (pieces.TryGetValue(buffer.AsSpan(0, length), out int id))
            {
                if (id < previous)
                {
                    throw new ModelFileException(
                        $"{_path}: the merge that makes \"{vocabulary.Piece(id)}\" comes after one with a higher id; expected merges in the order of ids.");
                }
                previous = id;
            }
        }
    }

    /// <summary>
    /// Writes the result of a merge, <c>"a b"</c> or <c>["a", "b"]</c>, to <paramref name="buffer"/> and returns its length.
    /// </summary>
    private static int CopyMerged(ref Utf8JsonReader reader, ref char[] buffer)
    {
        if (reader.TokenType == JsonTokenType.StartArray)
        {
            int total = 0;
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                total += CopyString(ref reader, ref buffer, total);
            }
            return total;
        }
        int length = CopyString(ref reader, ref buffer, 0);
        int space = buffer.AsSpan(0, length).IndexOf(' ');
        Expect(space > 0, "a merge to be two pieces separated by a space");
        buffer.AsSpan(space + 1, length - space - 1).CopyTo(buffer.AsSpan(space));
        return length - 1;
    }

    private static int CopyString(ref Utf8JsonReader reader, ref char[] buffer, int start)
    {
        Expect(reader.TokenType == JsonTokenType.String, "a merge to be made of strings");
        if (buffer.Length - start < reader.ValueSpan.Length)
        {
            Array.Resize(ref buffer, start + reader.ValueSpan.Length);
        }
        return reader.CopyString(buffer.AsSpan(start));
    }

    /// <summary>Moves to the value of an object's next field; false at its end.</summary>
    private static bool NextField(scoped ref Utf8JsonReader reader, out string name)
    {
        name = "";
        if (!reader.Read() || reader.TokenType == JsonTokenType.EndObject)
        {
            return false;
        }
        name = reader.GetString()!;
        return reader.Read();
    }

    private static void Expect(bool condition, string what)
    {
        if (!condition)
        {
            throw new JsonException("expected " + what);
        }
    }
}
