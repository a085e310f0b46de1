using System.Text;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Google.Protobuf;
using PaliGemma.Tokenization;

namespace PaliGemma.Tests.Tokenization;

public sealed class DamagedTokenizerTests : IDisposable
{
    private static readonly byte[] Json = File.ReadAllBytes(Goldens.Path("models", "E", "tokenizer.json"));
    private static readonly byte[] Model = File.ReadAllBytes(Goldens.Path("models", "E", "tokenizer.model"));

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, string> DamagedJson => new()
    {
        { "", "is not a tokenizer.json" },
        { "[]", "expected an object" },
        { "{", "is not a tokenizer.json" },
        { "{}", "expected byte_fallback to be true" },
        { """{"added_tokens":7}""", "expected added_tokens to be an array" },
        { """{"added_tokens":[7]}""", "expected an added token to be an object" },
        { """{"added_tokens":[{"id":-1,"content":"x"}]}""", "expected an added token to have an id and a content" },
        { """{"added_tokens":[{"id":2147483647,"content":"x"}]}""", "expected an added token to have an id and a content" },
        { """{"added_tokens":[{"id":1e9,"content":"x"}]}""", "is not a tokenizer.json" },
        { """{"added_tokens":[{"id":1,"content":"\ud800"}]}""", "is not a tokenizer.json" },
        { """{"model":[]}""", "expected model to be an object" },
        { """{"model":{"type":"Unigram"}}""", "expected model.type to be BPE" },
        { """{"model":{"byte_fallback":1}}""", "is not a tokenizer.json" },
        { """{"model":{"vocab":[]}}""", "expected model.vocab to be an object" },
        { """{"model":{"vocab":{"a":4194304}}}""", "expected ids from 0 to 4194303" },
        { """{"model":{"vocab":{"a":0,"b":0}}}""", "expected one piece for id 0" },
        { """{"model":{"byte_fallback":true,"vocab":{"a":1}}}""", "no piece has the id 0" },
        { """{"model":{"byte_fallback":true,"vocab":{"a":0,"a":1},"merges":[]}}""", "piece 1, \"a\", is empty, malformed or there twice" },
        { """{"model":{"byte_fallback":true,"vocab":{"a":0},"merges":[]}}""", "the byte piece <0x00> is missing" },
        { new string('[', 100_000), "is not a tokenizer.json" },
        { string.Concat(Enumerable.Repeat("""{"model":""", 100_000)), "is not a tokenizer.json" },
        { $$$"""{"model":{"byte_fallback":true,"vocab":{"{{{new string('a', 5000)}}}":0},"merges":[]}}""", "piece 0 has 5000 characters" },
    };

    [Theory]
    [MemberData(nameof(DamagedJson))]
    public void A_damaged_tokenizer_json_is_refused_with_one_sentence(string json, string expected) =>
        AssertRefused(PaliGemmaTokenizer.FromJson, "tokenizer.json", Encoding.UTF8.GetBytes(json), expected);

    public static TheoryData<string, string> MissingFields => new()
    {
        { "merges", "model.merges is missing" }, { "byte_fallback", "expected byte_fallback to be true" },
    };

    [Theory]
    [MemberData(nameof(MissingFields))]
    public void A_missing_field_is_named(string field, string expected)
    {
        JsonNode root = JsonNode.Parse(Json)!;
        root["model"]!.AsObject().Remove(field);
        AssertRefused(PaliGemmaTokenizer.FromJson, "tokenizer.json", Encoding.UTF8.GetBytes(root.ToJsonString()), expected);
    }

    public static TheoryData<string, string> DamagedMerges => new()
    {
        { """["ab"]""", "expected a merge to be two pieces separated by a space" },
        { """[7]""", "expected a merge to be made of strings" },
        { """[["a", 7]]""", "expected a merge to be made of strings" },
        { """{}""", "expected model.merges to be an array" },
    };

    [Theory]
    [MemberData(nameof(DamagedMerges))]
    public void Damaged_merges_are_refused(string merges, string expected)
    {
        JsonNode root = JsonNode.Parse(Json)!;
        root["model"]!["merges"] = JsonNode.Parse(merges);
        AssertRefused(PaliGemmaTokenizer.FromJson, "tokenizer.json", Encoding.UTF8.GetBytes(root.ToJsonString()), expected);
    }

    [Fact]
    public void Merges_in_another_order_than_that_of_the_ids_are_refused()
    {
        JsonNode root = JsonNode.Parse(Json)!;
        JsonArray merges = root["model"]!["merges"]!.AsArray();
        root["model"]!["merges"] = new JsonArray([.. merges.Reverse().Select(merge => merge!.DeepClone())]);
        AssertRefused(
            PaliGemmaTokenizer.FromJson, "tokenizer.json", Encoding.UTF8.GetBytes(root.ToJsonString()), "expected merges in the order of ids");
    }

    [Theory]
    [InlineData("tokenizer.json")]
    [InlineData("tokenizer.model")]
    public void A_file_too_long_to_be_a_tokenizer_is_refused_unread(string name)
    {
        using (FileStream file = File.Create(_folder.File(name)))
        {
            file.SetLength(1L << 40);
        }
        ModelFileException error = Assert.Throws<ModelFileException>(() => PaliGemmaTokenizer.Load(_folder.FullName));
        Assert.Contains("is 1099511627776 bytes long", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void User_defined_pieces_without_end_are_refused()
    {
        string piece = new('x', 1000);
        IEnumerable<(string, int)> pieces = Enumerable.Range(0, 2000).Select(i => (piece + i, 4));
        AssertRefused(PaliGemmaTokenizer.FromModel, "tokenizer.model", Protocol(pieces), "with the user-defined ones before it");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(7)]
    public void A_piece_of_an_unknown_type_is_refused(int type) => AssertRefused(
        PaliGemmaTokenizer.FromModel, "tokenizer.model", Protocol([("a", type)]), $"piece 0 has the type {type}; expected 1 to 4 or 6");

    [Fact]
    public void A_score_that_is_no_number_is_refused() => AssertRefused(
        PaliGemmaTokenizer.FromModel, "tokenizer.model", Protocol([("a", 1)], float.NaN), "piece 0 has the score NaN; expected a finite number");

    [Fact]
    public void A_model_that_is_not_byte_pair_encoding_is_refused()
    {
        AssertRefused(PaliGemmaTokenizer.FromModel, "tokenizer.model", [], "trainer_spec does not say BPE with byte_fallback");
        byte[] model = Protocol([("a", 1)]);
        AssertRefused(PaliGemmaTokenizer.FromModel, "tokenizer.model", model[..^7], "trainer_spec does not say BPE with byte_fallback");
        AssertRefused(PaliGemmaTokenizer.FromModel, "tokenizer.model", model[..^3], "is not a SentencePiece model");
    }

    [Fact]
    public void A_length_that_lies_is_refused()
    {
        // Field 1, and a message of two gigabytes in a file of seven bytes.
        AssertRefused(
            PaliGemmaTokenizer.FromModel, "tokenizer.model", [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x07, 0x00], "is not a SentencePiece model");
    }

    /// <summary>Whatever bytes are changed or cut off: the tokenizer is read, or it is refused with the library's own exception.</summary>
    [Property(MaxTest = 60)]
    public Property Damage_anywhere_is_read_or_refused(bool json) =>
        Prop.ForAll(
            ArbMap.Default.ArbFor<((int Place, byte Value)[] Changes, int Cut)>(),
            damage =>
            {
                byte[] content = [.. json ? Json : Model];
                foreach ((int place, byte value) in damage.Changes)
                {
                    content[(uint)(place * 7919) % content.Length] = value;
                }
                int length = content.Length - (damage.Cut % 5 == 0 ? (int)((uint)(damage.Cut * 7919) % content.Length) : 0);
                string path = _folder.Write(json ? "tokenizer.json" : "tokenizer.model", content.AsSpan(0, length));
                try
                {
                    _ = json ? PaliGemmaTokenizer.FromJson(path) : PaliGemmaTokenizer.FromModel(path);
                }
                catch (ModelFileException error)
                {
                    Assert.StartsWith(path, error.Message, StringComparison.Ordinal);
                }
            });

    public void Dispose() => _folder.Dispose();

    /// <summary>
    /// A SentencePiece model with these pieces: text in field 1, score in field 2, type in field 3; then BPE with byte fallback.
    /// </summary>
    private static byte[] Protocol(IEnumerable<(string Text, int Type)> pieces, float score = 0)
    {
        using MemoryStream stream = new();
        using (CodedOutputStream output = new(stream, leaveOpen: true))
        {
            foreach ((string text, int type) in pieces)
            {
                output.WriteTag(1, WireFormat.WireType.LengthDelimited);
                output.WriteLength(CodedOutputStream.ComputeStringSize(text) + 1 + 5 + 1 + CodedOutputStream.ComputeInt32Size(type));
                output.WriteTag(1, WireFormat.WireType.LengthDelimited);
                output.WriteString(text);
                output.WriteTag(2, WireFormat.WireType.Fixed32);
                output.WriteFloat(score);
                output.WriteTag(3, WireFormat.WireType.Varint);
                output.WriteInt32(type);
            }
            output.WriteTag(2, WireFormat.WireType.LengthDelimited);
            output.WriteLength(5);
            output.WriteTag(3, WireFormat.WireType.Varint);
            output.WriteInt32(2);
            output.WriteTag(35, WireFormat.WireType.Varint);
            output.WriteBool(true);
        }
        return stream.ToArray();
    }

    private void AssertRefused(Func<string, PaliGemmaTokenizer> read, string name, byte[] content, string expected)
    {
        string path = _folder.Write(name, content);
        ModelFileException error = Assert.Throws<ModelFileException>(() => read(path));
        Assert.StartsWith(path, error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }
}
