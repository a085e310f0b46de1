using FsCheck.Xunit;
using PaliGemma.Tokenization;

namespace PaliGemma.Tests.Tokenization;

public sealed class SyntheticTokenizerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>Model E's tokenizer has the published one's layout, with fewer words.</summary>
    [Fact]
    public void Every_id_with_a_meaning_is_that_of_the_published_layout()
    {
        PaliGemmaTokenizer golden = GoldenTokenizers.Json;
        PaliGemmaTokenizer tokenizer = Create(golden.ImageId);
        Assert.Equal(golden.PieceCount, tokenizer.PieceCount);
        int[] meaning = [.. Enumerable.Range(0, 473), .. Enumerable.Range(golden.ImageId - 1152, 1153)];
        Assert.All(meaning, id =>
        {
            Assert.Equal(golden.PieceOf(id), tokenizer.PieceOf(id));
            Assert.Equal(golden.Vocabulary.Kind(id), tokenizer.Vocabulary.Kind(id));
        });
    }

    [Fact]
    public void The_published_size_has_the_published_ids()
    {
        PaliGemmaTokenizer tokenizer = Create(257152);
        Assert.Equal((0, 1, 2, 3, 257152), (tokenizer.PadId, tokenizer.EosId, tokenizer.BosId, tokenizer.UnknownId, tokenizer.ImageId));
        Assert.Equal([108, 256000, 257023, 257024, 257151], tokenizer.Encode("\n<loc0000><loc1023><seg000><seg127>"));
        Assert.Equal(256000, Enumerable.Range(0, 256000).Select(tokenizer.PieceOf).Distinct(StringComparer.Ordinal).Count());
    }

    [Property(MaxTest = 50)]
    public void Any_text_survives(string? text)
    {
        string valid = new([.. (text ?? "").Where(character => !char.IsSurrogate(character) && character != '\u2581')]);
        PaliGemmaTokenizer tokenizer = Small.Value;
        Assert.Equal(valid, tokenizer.Decode(tokenizer.Encode(valid)));
    }

    [Fact]
    public void Words_are_made_of_fewer_pieces_than_letters() =>
        Assert.Equal(["▁d", "et", "e", "ct", "▁c", "at"], Small.Value.Encode(" detect cat").Select(Small.Value.PieceOf));

    [Fact]
    public void A_vocabulary_without_room_for_the_pieces_with_a_meaning_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Create(SyntheticTokenizer.LowestImageTokenId - 1));
        Assert.Equal(SyntheticTokenizer.LowestImageTokenId, Create(SyntheticTokenizer.LowestImageTokenId).ImageId);
    }

    public void Dispose() => _folder.Dispose();

    private static Lazy<PaliGemmaTokenizer> Small { get; } = new(() =>
    {
        using TemporaryFolder folder = new();
        SyntheticTokenizer.Write(folder.FullName, 5000);
        return PaliGemmaTokenizer.Load(folder.FullName);
    });

    private PaliGemmaTokenizer Create(int imageTokenId)
    {
        SyntheticTokenizer.Write(_folder.FullName, imageTokenId);
        return PaliGemmaTokenizer.Load(_folder.FullName);
    }
}
