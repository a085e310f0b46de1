using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using PaliGemma.Tasks;

namespace PaliGemma.Tokenization;

/// <summary>
/// Writes a tokenizer in the published layout: control pieces, newlines, spaces, HTML tags and bytes have PaliGemma's ids; single
/// characters and pieces that merges lead to follow, then locations, segmentation codes and <c>&lt;image&gt;</c>.
/// </summary>
internal sealed class TokenizerWriter
{
    /// <summary>Begins a word.</summary>
    public const char Space = '\u2581';

    /// <summary>The id of the first single character.</summary>
    public const int FirstCharacterId = FirstByteId + 256;

    /// <summary>Pieces after those that merges lead to, <c>&lt;image&gt;</c> left out.</summary>
    public const int LastPieces = LocationTokens.Count + SegmentationTokens.Count;

    private const int FirstByteId = 217;
    private const int NewlineRuns = 31;
    private const int SpaceRuns = 31;
    private const int UnusedCount = 99;

    private static readonly string[] HtmlTags =
    [
        "table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "strong", "em", "b", "i",
        "u", "s", "sub", "sup", "code",
    ];

    private readonly List<string> _pieces = [];
    private readonly IReadOnlyList<string> _merges;
    private readonly SortedSet<int> _userDefined = [];

    /// <param name="words">Single characters, then what merges lead to, in the merges' order.</param>
    /// <param name="merges">Two pieces each, separated by a space.</param>
    public TokenizerWriter(IEnumerable<string> words, IReadOnlyList<string> merges)
    {
        _merges = merges;
        _pieces.AddRange([Vocabulary.Pad, Vocabulary.Eos, Vocabulary.Bos, Vocabulary.Unk]);
        AddUserDefined(["<mask>", "<2mass>", "[@BOS@]"]);
        AddUserDefined(Enumerable.Range(0, UnusedCount).Select(i => $"<unused{i}>"));
        AddUserDefined(["<start_of_turn>", "<end_of_turn>"]);
        AddUserDefined(Enumerable.Range(1, NewlineRuns).Select(length => new string('\n', length)));
        AddUserDefined(Enumerable.Range(2, SpaceRuns - 1).Select(length => new string(Space, length)));
        AddUserDefined(HtmlTags.Select(tag => $"<{tag}>"));
        AddUserDefined(HtmlTags.Select(tag => $"</{tag}>"));
        _pieces.AddRange(Enumerable.Range(0, 256).Select(value => $"<0x{value:X2}>"));
        _pieces.AddRange(words);
        AddUserDefined(Enumerable.Range(0, LocationTokens.Count).Select(LocationTokens.Format));
        AddUserDefined(Enumerable.Range(0, SegmentationTokens.Count).Select(SegmentationTokens.Format));
    }

    /// <summary>The space, and all printable characters of ASCII.</summary>
    public static IEnumerable<string> Characters { get; } =
        [Space.ToString(), .. Enumerable.Range('!', '~' - '!' + 1).Select(character => ((char)character).ToString())];

    /// <summary>Writes <c>tokenizer.json</c> and the files that go with it.</summary>
    /// <param name="folder">A folder that exists.</param>
    public void Write(string folder)
    {
        WriteFile(Path.Combine(folder, "tokenizer.json"), WriteTokenizer);
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
        WriteAddedToken(json, _pieces.Count, Vocabulary.Image, special: true);
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
