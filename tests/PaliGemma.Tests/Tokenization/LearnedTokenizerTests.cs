using FsCheck.Xunit;
using PaliGemma.Tokenization;

namespace PaliGemma.Tests.Tokenization;

public sealed class LearnedTokenizerTests : IDisposable
{
    private static readonly string[] Texts = ["detect red star", "detect red stars ; étoile", "étoile", "a red, red star\nred"];

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void What_is_there_more_than_once_becomes_one_piece()
    {
        PaliGemmaTokenizer tokenizer = Create(Texts, 1000);
        Assert.Equal(["detect", "▁red", "▁star", "s"], tokenizer.Encode("detect red stars").Select(tokenizer.PieceOf));
        Assert.Equal(["étoile", ",", "▁red"], tokenizer.Encode("étoile, red").Select(tokenizer.PieceOf));
    }

    [Fact]
    public void Pieces_with_a_meaning_have_the_published_ids()
    {
        LearnedTokenizer learned = LearnedTokenizer.Learn(Texts, 5);
        learned.Write(_folder.FullName);
        PaliGemmaTokenizer tokenizer = PaliGemmaTokenizer.Load(_folder.FullName);
        Assert.Equal(learned.PieceCount, tokenizer.PieceCount);
        Assert.Equal((0, 1, 2, 3, learned.PieceCount - 1), (tokenizer.PadId, tokenizer.EosId, tokenizer.BosId, tokenizer.UnknownId, tokenizer.ImageId));
        int first = tokenizer.ImageId - 1152;
        Assert.Equal([108, first, first + 1023, first + 1024, first + 1151], tokenizer.Encode("\n<loc0000><loc1023><seg000><seg127>"));
    }

    [Fact]
    public void The_order_of_the_texts_does_not_matter()
    {
        int[] ids = Create(Texts, 12).Encode(string.Concat(Texts));
        Assert.Equal(ids, Create([.. Texts.Reverse()], 12).Encode(string.Concat(Texts)));
    }

    [Property(MaxTest = 50)]
    public void Any_text_survives(string? text)
    {
        string valid = new([.. (text ?? "").Where(character => !char.IsSurrogate(character) && character != '\u2581')]);
        PaliGemmaTokenizer tokenizer = Small.Value;
        Assert.Equal(valid, tokenizer.Decode(tokenizer.Encode(valid)));
    }

    public void Dispose() => _folder.Dispose();

    private static Lazy<PaliGemmaTokenizer> Small { get; } = new(() =>
    {
        using TemporaryFolder folder = new();
        LearnedTokenizer.Learn(Texts, 20).Write(folder.FullName);
        return PaliGemmaTokenizer.Load(folder.FullName);
    });

    private PaliGemmaTokenizer Create(string[] texts, int merges)
    {
        LearnedTokenizer.Learn(texts, merges).Write(_folder.FullName);
        return PaliGemmaTokenizer.Load(_folder.FullName);
    }
}
