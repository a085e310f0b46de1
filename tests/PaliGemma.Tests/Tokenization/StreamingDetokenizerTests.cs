using FsCheck;
using FsCheck.Xunit;
using PaliGemma.Tokenization;

namespace PaliGemma.Tests.Tokenization;

public class StreamingDetokenizerTests
{
    [Property(MaxTest = 500)]
    public bool The_pieces_together_are_the_decoded_whole_and_no_piece_ends_inside_a_character(NonNegativeInt[] choices)
    {
        PaliGemmaTokenizer tokenizer = GoldenTokenizers.Json;
        // Half of the tokens are bytes, so that characters and broken characters come together.
        int[] ids = Array.ConvertAll(choices, choice => choice.Get % 2 == 0 ? 217 + (choice.Get / 2 % 256) : choice.Get % tokenizer.PieceCount);
        StreamingDetokenizer detokenizer = new(tokenizer);
        string[] pieces = [.. ids.Select(detokenizer.Append), detokenizer.Flush()];
        return string.Concat(pieces) == tokenizer.Decode(ids)
            && pieces.All(piece => piece.Length == 0 || !char.IsHighSurrogate(piece[^1]));
    }

    [Fact]
    public void A_character_of_four_bytes_appears_with_its_last_byte()
    {
        StreamingDetokenizer detokenizer = new(GoldenTokenizers.Json);
        int[] ids = PaliGemmaTokenizerTests.Bytes("🐈"u8);
        Assert.Equal(["", "", "", "🐈"], ids.Select(detokenizer.Append));
        Assert.Equal("", detokenizer.Flush());
    }
}
