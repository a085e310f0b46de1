using FsCheck.Xunit;
using PaliGemma.Generation;

namespace PaliGemma.Tests.Generation;

public class BeamSearchTests
{
    private const int Vocabulary = 4;
    private const int Longest = 4;

    [Property(MaxTest = 60)]
    public void With_as_many_beams_as_continuations_the_answer_is_the_best_of_all(int seed)
    {
        using ScriptedModel model = RandomModel(seed);
        using IDecodingState prompt = model.Prefill([], new[] { 0 });
        GenerationOptions options = new() { BeamCount = seed % 2 == 0 ? 256 : int.MaxValue, MaxNewTokens = Longest };

        IReadOnlyList<GeneratedToken> found = new BeamSearch(model, Vocabulary).Search(prompt, options);

        (int[] tokens, double score) = AllAnswers(model, prompt, [], 0).MaxBy(answer => answer.Score);
        Assert.Equal(tokens, found.Select(token => token.Id));
        Assert.Equal(score, found.Average(token => token.LogProbability), 1e-4);
    }

    [Property(MaxTest = 60)]
    public void One_beam_takes_the_most_probable_token_each_time(int seed)
    {
        using ScriptedModel model = RandomModel(seed);
        using IDecodingState prompt = model.Prefill([], new[] { 0 });
        GenerationOptions options = new() { MaxNewTokens = 12 };
        IReadOnlyList<GeneratedToken> found = new BeamSearch(model, Vocabulary).Search(prompt, options);
        using IDecodingState other = prompt.Fork();
        Assert.Equal(new TokenGenerator(model, Vocabulary).Generate([other], options).Select(step => step.Token), found);
    }

    [Property(MaxTest = 60)]
    public void The_prompt_stays_as_it_is_and_every_fork_is_released(int seed, byte beams)
    {
        using ScriptedModel model = RandomModel(seed);
        using IDecodingState prompt = model.Prefill([], new[] { 0, 2 });
        GenerationOptions options = new() { BeamCount = 1 + (beams % 7), MaxNewTokens = 10 };
        new BeamSearch(model, Vocabulary).Search(prompt, options);
        Assert.Equal((2, 1), (prompt.Length, model.LiveStates));
    }

    [Fact]
    public void A_probable_end_does_not_win_over_a_longer_answer_of_more_probable_tokens()
    {
        // After the prompt the end is the best single token; behind token 2 every further one is nearly certain.
        using ScriptedModel model = new(Vocabulary, tokens => tokens.Count switch
        {
            1 => [-5, 1, 0.9f, -5],
            < 5 => [-9, -9, 9, -9],
            _ => [-9, 9, -9, -9],
        });
        using IDecodingState prompt = model.Prefill([], new[] { 0 });
        IReadOnlyList<GeneratedToken> found = new BeamSearch(model, Vocabulary).Search(prompt, new GenerationOptions { BeamCount = 2 });
        Assert.Equal([2, 2, 2, 2, 1], found.Select(token => token.Id));
    }

    [Fact]
    public void On_a_model_one_beam_gives_the_references_greedy_tokens_and_more_beams_a_better_answer()
    {
        using GoldenTensors forward = new("expected", "S", "forward.safetensors");
        using GoldenTensors golden = new("expected", "S", "generate.safetensors");
        using PaliGemmaModel model = PaliGemmaModelGoldenTests.Load("S");
        using IDecodingState prompt = PaliGemmaModelGoldenTests.Prefill(model, forward, 0);
        BeamSearch search = new(model, model.Config.Text.VocabularySize);
        int[] greedy = golden.Ids("p0.ideal_ids");
        GenerationOptions options = new() { MaxNewTokens = greedy.Length };

        IReadOnlyList<GeneratedToken> one = search.Search(prompt, options);
        Assert.Equal(greedy, one.Select(token => token.Id));
        IReadOnlyList<GeneratedToken> four = search.Search(prompt, options with { BeamCount = 4 });
        Assert.True(four.Average(token => token.LogProbability) >= one.Average(token => token.LogProbability));
    }

    [Fact]
    public void Cancelling_releases_the_forks()
    {
        using CancellationTokenSource stop = new();
        using ScriptedModel model = new(Vocabulary, tokens =>
        {
            if (tokens.Count == 4)
            {
                stop.Cancel();
            }
            return [0, -9, 1, 1];
        });
        using IDecodingState prompt = model.Prefill([], new[] { 0 });
        Assert.Throws<OperationCanceledException>(
            () => new BeamSearch(model, Vocabulary).Search(prompt, new GenerationOptions { BeamCount = 3 }, stop.Token));
        Assert.Equal(1, model.LiveStates);
    }

    /// <summary>A model whose logits are as random as the hash of the tokens so far.</summary>
    private static ScriptedModel RandomModel(int seed) => new(Vocabulary, tokens =>
    {
        Random random = new(tokens.Aggregate(seed, (hash, token) => (hash * 31) + token + 1));
        return [.. Enumerable.Range(0, Vocabulary).Select(_ => (float)(4 * random.NextDouble()))];
    });

    private static IEnumerable<(int[] Tokens, double Score)> AllAnswers(ScriptedModel model, IDecodingState state, int[] tokens, double sum)
    {
        float[] logits = new float[Vocabulary];
        model.ComputeLogits([state], logits);
        double normalizer = Math.Log(logits.Sum(logit => Math.Exp(logit)));
        for (int token = 0; token < Vocabulary; token++)
        {
            int[] longer = [.. tokens, token];
            double total = sum + logits[token] - normalizer;
            if (token == model.Config.EosTokenId || longer.Length == Longest)
            {
                yield return (longer, total / longer.Length);
                continue;
            }
            using IDecodingState next = state.Fork();
            model.Append([next], new[] { token });
            foreach ((int[] Tokens, double Score) answer in AllAnswers(model, next, longer, total))
            {
                yield return answer;
            }
        }
    }
}
