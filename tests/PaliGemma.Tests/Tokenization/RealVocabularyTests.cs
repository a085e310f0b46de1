using System.Text.Json;
using PaliGemma.Tokenization;

namespace PaliGemma.Tests.Tokenization;

/// <summary>The tokenizer with the 256,000 pieces of the published checkpoints, which scripts/fetch-vocabulary.sh fetches.</summary>
[Trait("Category", "Vocabulary")]
public class RealVocabularyTests
{
    [Fact]
    public void Tricky_and_fuzzed_strings_encode_and_decode_as_SentencePiece_does()
    {
        PaliGemmaTokenizer tokenizer = Load();
        using JsonDocument cases = GoldenTokenizers.Cases("real_vocabulary.json");
        Assert.True(cases.RootElement.GetArrayLength() > 400);
        foreach (JsonElement test in cases.RootElement.EnumerateArray())
        {
            int[] expected = GoldenTokenizers.Ids(test.GetProperty("ids"));
            Assert.Equal(expected, tokenizer.Encode(test.GetProperty("text").GetString()!));
            Assert.Equal(test.GetProperty("decoded").GetString(), tokenizer.Decode(expected));
        }
    }

    [Fact]
    public void Special_ids_are_those_of_the_published_checkpoints()
    {
        PaliGemmaTokenizer tokenizer = Load();
        Assert.Equal((0, 1, 2, 3, 257152), (tokenizer.PadId, tokenizer.EosId, tokenizer.BosId, tokenizer.UnknownId, tokenizer.ImageId));
        Assert.Equal(257153, tokenizer.PieceCount);
        Assert.Equal([256000, 257023, 257024, 257151], tokenizer.Encode("<loc0000><loc1023><seg000><seg127>"));
        Assert.Equal([21209, 659, 108], tokenizer.Encode("caption en\n"));
        Assert.Equal([226], tokenizer.Encode("\t"));
        Assert.Equal("<0x09>", tokenizer.PieceOf(226));
    }

    private static PaliGemmaTokenizer Load()
    {
        string folder = Goldens.Path("..", "..", ".vocabulary");
        Assert.SkipUnless(Directory.Exists(folder), "The vocabulary is not part of the repository: scripts/fetch-vocabulary.sh fetches it.");
        return PaliGemmaTokenizer.Load(folder);
    }
}
