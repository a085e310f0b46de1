using System.Text.Json;
using FsCheck.Xunit;
using PaliGemma.Tokenization;

namespace PaliGemma.Tests.Tokenization;

public class PaliGemmaTokenizerTests
{
    public static TheoryData<string> Files => ["tokenizer.json", "tokenizer.model"];

    [Theory]
    [MemberData(nameof(Files))]
    public void Hand_written_strings_encode_and_decode_as_SentencePiece_does(string file)
    {
        PaliGemmaTokenizer tokenizer = GoldenTokenizers.Of(file);
        foreach (string version in new[] { "processor_4.49dev.json", "processor_4.44.2.json" })
        {
            using JsonDocument cases = GoldenTokenizers.Cases(version);
            foreach (JsonElement test in cases.RootElement.GetProperty("tokenizer").EnumerateArray())
            {
                string text = test.GetProperty("text").GetString()!;
                int[] expected = GoldenTokenizers.Ids(test.GetProperty("sentencepiece_ids"));
                Assert.Equal(expected, tokenizer.Encode(text));
                Assert.Equal(test.GetProperty("sentencepiece_decode").GetString(), tokenizer.Decode(expected));
                Assert.Equal(test.GetProperty("sentencepiece_pieces").EnumerateArray().Select(piece => piece.GetString()), expected.Select(tokenizer.PieceOf));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Control_pieces_decode_to_their_names_or_to_nothing(string file)
    {
        PaliGemmaTokenizer tokenizer = GoldenTokenizers.Of(file);
        using JsonDocument cases = GoldenTokenizers.Cases("processor_4.49dev.json");
        foreach (JsonElement test in cases.RootElement.GetProperty("tokenizer").EnumerateArray())
        {
            int[] ids = GoldenTokenizers.Ids(test.GetProperty("hf_ids_no_special"));
            Assert.Equal(test.GetProperty("hf_decode").GetString(), tokenizer.Decode(ids, skipSpecial: false));
            Assert.Equal(test.GetProperty("hf_decode_skip_special").GetString(), tokenizer.Decode(ids));
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Fuzzed_strings_encode_and_decode_as_SentencePiece_does(string file)
    {
        PaliGemmaTokenizer tokenizer = GoldenTokenizers.Of(file);
        using JsonDocument cases = GoldenTokenizers.Cases("tokenizer_fuzz_shared.json");
        foreach (JsonElement test in cases.RootElement.EnumerateArray())
        {
            int[] expected = GoldenTokenizers.Ids(test.GetProperty("ids"));
            Assert.Equal(expected, tokenizer.Encode(test.GetProperty("text").GetString()!));
            Assert.Equal(test.GetProperty("decoded").GetString(), tokenizer.Decode(expected));
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Special_ids_are_those_of_the_reference(string file)
    {
        PaliGemmaTokenizer tokenizer = GoldenTokenizers.Of(file);
        Assert.Equal((0, 1, 2, 3, 2252), (tokenizer.PadId, tokenizer.EosId, tokenizer.BosId, tokenizer.UnknownId, tokenizer.ImageId));
        Assert.Equal(2253, tokenizer.PieceCount);
        Assert.Equal([1100, 2123, 2124, 2251], tokenizer.Encode("<loc0000><loc1023><seg000><seg127>"));
        Assert.Equal([108], tokenizer.Encode("\n"));
    }

    [Theory]
    [InlineData("<bos>")]
    [InlineData("<eos>")]
    [InlineData("<pad>")]
    [InlineData("<unk>")]
    [InlineData("<image>")]
    [InlineData("<loc12>")]
    [InlineData("<loc1024>")]
    [InlineData("<LOC0001>")]
    public void What_spells_a_control_piece_or_no_location_is_text(string text)
    {
        int[] ids = GoldenTokenizers.Json.Encode(text);
        Assert.True(ids.Length > 1);
        Assert.DoesNotContain(ids, id => id <= 3 || id >= 1100);
        Assert.Equal(text, GoldenTokenizers.Json.Decode(ids));
    }

    [Property(MaxTest = 300)]
    public bool Both_files_give_the_same_ids(string? text) =>
        GoldenTokenizers.Json.Encode(text ?? "").SequenceEqual(GoldenTokenizers.Model.Encode(text ?? ""));

    [Property(MaxTest = 300)]
    public bool Text_without_the_space_symbol_survives_a_round_trip(string? text)
    {
        // A lone surrogate has no UTF-8, and the visible space is how a space is written.
        string valid = new string([.. (text ?? "").Where(character => !char.IsSurrogate(character))]).Replace('\u2581', ' ');
        return GoldenTokenizers.Json.Decode(GoldenTokenizers.Json.Encode(valid)) == valid;
    }

    [Fact]
    public void A_lone_surrogate_becomes_the_replacement_character() =>
        Assert.Equal(GoldenTokenizers.Json.Encode("a\uFFFDb"), GoldenTokenizers.Json.Encode("a\uD800b"));

    [Fact]
    public void Invalid_bytes_decode_to_one_replacement_character_each()
    {
        PaliGemmaTokenizer tokenizer = GoldenTokenizers.Json;
        int[] ids = Bytes(0xE2, 0x82, 0x41, 0xFF, 0xE2, 0x82, 0xAC, 0xC3);
        Assert.Equal("\uFFFD\uFFFDA\uFFFD€\uFFFD", tokenizer.Decode(ids));
    }

    [Fact]
    public void A_text_of_a_million_characters_is_encoded()
    {
        string text = string.Concat(Enumerable.Repeat("ab", 500_000));
        Assert.Equal(text, GoldenTokenizers.Json.Decode(GoldenTokenizers.Json.Encode(text)));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(2253)]
    public void An_id_outside_the_vocabulary_is_refused(int id)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => GoldenTokenizers.Json.Decode([id]));
        Assert.Throws<ArgumentOutOfRangeException>(() => GoldenTokenizers.Json.PieceOf(id));
    }

    internal static int[] Bytes(params ReadOnlySpan<byte> values)
    {
        int[] ids = new int[values.Length];
        for (int i = 0; i < ids.Length; i++)
        {
            ids[i] = 217 + values[i];
        }
        return ids;
    }
}
