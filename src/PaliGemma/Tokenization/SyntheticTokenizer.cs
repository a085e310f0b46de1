using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace PaliGemma.Tokenization;

/// <summary>
/// Writes the tokenizer of a model that was never trained: every id that PaliGemma gives a meaning has it (control pieces, newlines,
/// spaces, HTML tags, bytes, locations, segmentation codes, <c>&lt;image&gt;</c>), and the others are made-up words of Latin letters, with
/// the merges that lead to them.
/// </summary>
public sealed class SyntheticTokenizer
{
    private const int FirstWordId = FirstByteId + 256;
    private const int FirstByteId = 217;
    private const int LocationCount = 1024;
    private const int SegmentationCount = 128;
    private const int NewlineRuns = 31;
    private const int SpaceRuns = 31;
    private const int UnusedCount = 99;
    private const char Space = '\u2581';

    private static readonly string[] HtmlTags =
    [
        "table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "strong", "em", "b", "i",
        "u", "s", "sub", "sup", "code",
    ];

    private readonly List<string> _pieces = [];
    private readonly List<string> _merges = [];
    private readonly SortedSet<int> _userDefined = [];
    private readonly int _imageTokenId;

    private SyntheticTokenizer(int imageTokenId)
    {
        _imageTokenId = imageTokenId;
        _pieces.AddRange([Vocabulary.Pad, Vocabulary.Eos, Vocabulary.Bos, Vocabulary.Unk]);
        AddUserDefined(["<mask>", "<2mass>", "[@BOS@]"]);
        AddUserDefined(Enumerable.Range(0, UnusedCount).Select(i => $"<unused{i}>"));
        AddUserDefined(["<start_of_turn>", "<end_of_turn>"]);
        AddUserDefined(Enumerable.Range(1, NewlineRuns).Select(length => new string('\n', length)));
        AddUserDefined(Enumerable.Range(2, SpaceRuns - 1).Select(length => new string(Space, length)));
        AddUserDefined(HtmlTags.Select(tag => $"<{tag}>"));
        AddUserDefined(HtmlTags.Select(tag => $"</{tag}>"));
        _pieces.AddRange(Enumerable.Range(0, 256).Select(value => $"<0x{value:X2}>"));
        AddWords(imageTokenId - SegmentationCount - LocationCount);
        AddUserDefined(Enumerable.Range(0, LocationCount).Select(i => string.Create(CultureInfo.InvariantCulture, $"<loc{i:D4}>")));
        AddUserDefined(Enumerable.Range(0, SegmentationCount).Select(i => string.Create(CultureInfo.InvariantCulture, $"<seg{i:D3}>")));
    }

    /// <summary>
    /// The lowest id that <c>&lt;image&gt;</c>, the last piece, can have: below it are the pieces with a meaning and all ASCII characters.
    /// </summary>
    public static int LowestImageTokenId => FirstWordId + Characters().Count() + LocationCount + SegmentationCount;

    /// <summary>Writes <c>tokenizer.json</c> and the files that go with it.</summary>
    /// <param name="folder">A folder that exists.</param>
    /// <param name="imageTokenId">The id of <c>&lt;image&gt;</c>: 257,152 in the published models, at least
    /// <see cref="LowestImageTokenId"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The id leaves no room for the other pieces, or there are not so many made-up
    /// words.</exception>
    public static void Write(string folder, int imageTokenId)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentOutOfRangeException.ThrowIfLessThan(imageTokenId, LowestImageTokenId);
        SyntheticTokenizer tokenizer = new(imageTokenId);
        WriteFile(Path.Combine(folder, "tokenizer.json"), tokenizer.WriteTokenizer);
        WriteFile(Path.Combine(folder, "tokenizer_config.json"), WriteSettings);
        WriteFile(Path.Combine(folder, "special_tokens_map.json"), WriteSpecialTokens);
    }

    private void AddUserDefined(IEnumerable<string> pieces)
    {
        foreach (string piece in pieces)
        {
            _userDefined.Add(_pieces.Count);
            _pieces.Add(piece);
        }
    }

    /// <summary>
    /// Adds pieces up to <paramref name="end"/>: single characters first, then all words of two letters, of three, and so on.
    /// </summary>
    private void AddWords(int end)
    {
        foreach (string piece in Characters())
        {
            _pieces.Add(piece);
        }
        List<string> shorter = [Space.ToString(), .. Letters()];
        while (_pieces.Count < end)
        {
            List<string> longer = [];
            foreach (string start in shorter)
            {
                foreach (string letter in Letters())
                {
                    if (_pieces.Count == end)
                    {
                        return;
                    }
                    longer.Add(start + letter);
                    _pieces.Add(start + letter);
                    _merges.Add($"{start} {letter}");
                }
            }
            shorter = longer;
        }
    }

    /// <summary>The space, and all printable characters of ASCII.</summary>
    private static IEnumerable<string> Characters() =>
        Enumerable.Range('!', '~' - '!' + 1).Select(character => ((char)character).ToString()).Prepend(Space.ToString());

    private static IEnumerable<string> Letters() => Enumerable.Range('a', 26).Select(character => ((char)character).ToString());

    private static void WriteFile(string path, Action<Utf8JsonWriter> write)
    {
        using FileStream stream = File.Create(path);
        using (Utf8JsonWriter json = new(
            stream, new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }
        stream.WriteByte((byte)'\n');
    }

    private void WriteTokenizer(Utf8JsonWriter json)
    {
        json.WriteString("version", "1.0");
        json.WriteNull("truncation");
        json.WriteNull("padding");
        json.WriteStartArray("added_tokens");
        for (int id = 0; id < 4; id++)
        {
            WriteAddedToken(json, id, _pieces[id], special: true);
        }
        foreach (int id in _userDefined)
        {
            WriteAddedToken(json, id, _pieces[id], special: false);
        }
        WriteAddedToken(json, _imageTokenId, Vocabulary.Image, special: true);
        json.WriteEndArray();
        // Spaces become ▁ and back; the pre-tokenizer, which sees no space any more, is in the published files too.
        Write(json, "normalizer", $$"""{"type":"Replace","pattern":{"String":" "},"content":"{{Space}}"}""");
        Write(
            json, "pre_tokenizer", """{"type":"Split","pattern":{"String":" "},"behavior":"MergedWithPrevious","invert":false}""");
        json.WriteNull("post_processor");
        Write(
            json, "decoder",
            $$"""
            {
                "type": "Sequence",
                "decoders": [{"type":"Replace","pattern":{"String":"{{Space}}"},"content":" "}, {"type":"ByteFallback"}, {"type":"Fuse"}]
            }
            """);
        json.WriteStartObject("model");
        json.WriteString("type", "BPE");
        json.WriteString("unk_token", Vocabulary.Unk);
        json.WriteBoolean("fuse_unk", true);
        json.WriteBoolean("byte_fallback", true);
        json.WriteStartObject("vocab");
        for (int id = 0; id < _pieces.Count; id++)
        {
            json.WriteNumber(_pieces[id], id);
        }
        json.WriteEndObject();
        json.WriteStartArray("merges");
        foreach (string merge in _merges)
        {
            json.WriteStringValue(merge);
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteAddedToken(Utf8JsonWriter json, int id, string content, bool special)
    {
        json.WriteStartObject();
        json.WriteNumber("id", id);
        json.WriteString("content", content);
        json.WriteBoolean("single_word", false);
        json.WriteBoolean("lstrip", false);
        json.WriteBoolean("rstrip", false);
        json.WriteBoolean("normalized", false);
        json.WriteBoolean("special", special);
        json.WriteEndObject();
    }

    private static void WriteSettings(Utf8JsonWriter json)
    {
        json.WriteBoolean("add_bos_token", false);
        json.WriteBoolean("add_eos_token", false);
        WriteSpecialTokens(json);
        json.WriteBoolean("clean_up_tokenization_spaces", false);
        json.WriteString("padding_side", "left");
        json.WriteString("processor_class", "PaliGemmaProcessor");
        json.WriteString("tokenizer_class", "GemmaTokenizer");
    }

    private static void WriteSpecialTokens(Utf8JsonWriter json)
    {
        json.WriteStartArray("additional_special_tokens");
        json.WriteStringValue(Vocabulary.Image);
        json.WriteEndArray();
        json.WriteString("bos_token", Vocabulary.Bos);
        json.WriteString("eos_token", Vocabulary.Eos);
        json.WriteString("pad_token", Vocabulary.Pad);
        json.WriteString("unk_token", Vocabulary.Unk);
    }

    private static void Write(Utf8JsonWriter json, string name, string value)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(Encoding.UTF8.GetBytes(value));
    }
}
