using PaliGemma.Checkpoints;
using PaliGemma.Configuration;
using PaliGemma.Generation;

namespace PaliGemma.Tests.Generation;

public class TokenGeneratorTests
{
    [Theory]
    [InlineData("A")]
    [InlineData("G")]
    public void A_sequence_stops_at_its_end_token_and_the_others_go_on(string name)
    {
        using GoldenTensors forward = new("expected", name, "forward.safetensors");
        using GoldenTensors golden = new("expected", name, "generate.safetensors");
        string folder = Goldens.Path("models", name);
        // The first sequence's seventh token, as in the goldens' case.
        int[][] expected = [.. Enumerable.Range(0, 2).Select(prompt => golden.Ids($"p{prompt}.ideal_ids"))];
        PaliGemmaConfig config = PaliGemmaConfig.Load(folder) with { EosTokenId = expected[0][6] };
        using PaliGemmaModel model = new(config, Checkpoint.Open(folder));
        IDecodingState[] states = [PaliGemmaModelGoldenTests.Prefill(model, forward, 0), PaliGemmaModelGoldenTests.Prefill(model, forward, 1)];

        ILookup<int, int> chosen = Generate(model, config.Text.VocabularySize, states, 20).ToLookup(step => step.Sequence, step => step.Token.Id);

        int[] padded = golden.Ids("eos_case.new_ids");
        Assert.Equal(padded[..20].TakeWhile(id => id != config.PadTokenId), chosen[0]);
        Assert.Equal(padded[20..], chosen[1]);
        Assert.Equal(expected[0][..7], chosen[0]);
    }

    [Fact]
    public void Tokens_come_as_they_are_chosen_sequences_in_order_within_a_step()
    {
        using ScriptedModel model = new(8, tokens => OneHot(8, tokens[^1] + 1));
        // 6 ends first: 7 is behind it, and then 1, the end, because nothing is larger.
        IDecodingState[] states = [model.Prefill([], new[] { 2 }), model.Prefill([], new[] { 5 })];
        (int Sequence, GeneratedToken Token)[] steps = [.. Generate(model, 8, states, 4)];
        Assert.Equal([(0, 3), (1, 6), (0, 4), (1, 7), (0, 5), (1, 0), (0, 6), (1, 1)], steps.Select(step => (step.Sequence, step.Token.Id)));
        Assert.Equal([4, 4], states.Select(state => state.Length));
        Assert.All(steps, step => Assert.InRange(step.Token.LogProbability, -1e-3, 0));
    }

    [Fact]
    public void Padding_rows_and_the_image_token_are_never_chosen_and_take_no_probability()
    {
        using ScriptedModel model = new(6, _ => [1, -20, 1, 30, 40, 50])
        {
            Config = new PaliGemmaConfig
            {
                Vision = new SiglipVisionConfig(),
                Text = new GemmaConfig { VocabularySize = 6 },
                ImageTokenId = 3,
            },
        };
        GenerationOptions options = new() { MaxNewTokens = 200, Temperature = 10, Seed = 1 };
        using IDecodingState state = model.Prefill([], new[] { 0 });
        foreach ((_, GeneratedToken token) in new TokenGenerator(model, 4).Generate([state], options))
        {
            Assert.InRange(token.Id, 0, 2);
            Assert.Equal(token.Id == 1 ? -21 - Math.Log(2) : -Math.Log(2), (double)token.LogProbability, 1e-3);
        }
    }

    [Fact]
    public void Cancelling_stops_between_tokens()
    {
        using CancellationTokenSource stop = new();
        using ScriptedModel model = new(4, _ => [0, -9, 9, 0]);
        using IDecodingState state = model.Prefill([], new[] { 0 });
        int tokens = 0;
        Assert.Throws<OperationCanceledException>(() =>
        {
            foreach (object _ in new TokenGenerator(model, 4).Generate([state], new GenerationOptions(), stop.Token))
            {
                if (++tokens == 3)
                {
                    stop.Cancel();
                }
            }
        });
        Assert.Equal(3, tokens);
    }

    private static IEnumerable<(int Sequence, GeneratedToken Token)> Generate(
        IPaliGemmaModel model, int vocabularySize, IReadOnlyList<IDecodingState> states, int count) =>
        new TokenGenerator(model, vocabularySize).Generate(states, new GenerationOptions { MaxNewTokens = count });

    private static float[] OneHot(int width, int token)
    {
        float[] logits = new float[width];
        logits[token % width] = 20;
        return logits;
    }
}
