using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using PaliGemma.Generation;
using PaliGemma.Tests.Tokenization;
using PaliGemma.Tokenization;

namespace PaliGemma.Tests.Generation;

public class GeneratedTextBuilderTests
{
    private static PaliGemmaTokenizer Tokenizer => GoldenTokenizers.Json;

    [Property]
    public Property The_text_ends_before_the_first_stop_sequence_wherever_tokens_are_cut()
    {
        Gen<string> text = Gen.Elements('a', 'b', ' ', '\n', 'é').ListOf().Select(letters => new string([.. letters]));
        Gen<string> stop = Gen.Elements("a", "ab", "aab", "b a", "\n\n", "é", "").Or(Gen.Constant("bb"));
        return Prop.ForAll(
            text.ToArbitrary(),
            stop.ListOf(2).ToArbitrary(),
            (whole, stops) =>
            {
                (string[] pieces, GeneratedTextBuilder builder) = Build(whole, [.. stops]);
                int end = stops.Where(one => one.Length > 0).Select(one => whole.IndexOf(one, StringComparison.Ordinal))
                    .Where(place => place >= 0).DefaultIfEmpty(whole.Length).Min();
                Assert.Equal(whole[..end], string.Concat(pieces));
                Assert.Equal(whole[..end], builder.ToGeneratedText().Text);
                Assert.Equal(end < whole.Length, builder.IsStopped);
            });
    }

    [Fact]
    public void Without_stop_sequences_nothing_is_held_back()
    {
        (string[] pieces, GeneratedTextBuilder builder) = Build("a small cat", null);
        Assert.Equal("", pieces[^1]);
        Assert.Equal(FinishReason.Length, builder.ToGeneratedText().FinishReason);
        Assert.Equal(FinishReason.Stop, Build("a cat", ["cat"]).Builder.ToGeneratedText().FinishReason);
    }

    [Fact]
    public void An_answer_that_the_model_ended_has_ended_by_itself()
    {
        GeneratedTextBuilder builder = new(Tokenizer);
        Assert.Equal("", builder.Append(new GeneratedToken(Tokenizer.EosId, -1)));
        Assert.Equal(FinishReason.Stop, builder.ToGeneratedText().FinishReason);
        Assert.Single(builder.ToGeneratedText().Tokens);
    }

    private static (string[] Pieces, GeneratedTextBuilder Builder) Build(string text, string[]? stops)
    {
        GeneratedTextBuilder builder = new(Tokenizer, stops);
        string[] pieces = [.. Tokenizer.Encode(text).Select(id => builder.Append(new GeneratedToken(id, 0)))];
        return ([.. pieces, builder.Complete()], builder);
    }
}
