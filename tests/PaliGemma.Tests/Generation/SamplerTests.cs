using FsCheck;
using FsCheck.Xunit;
using PaliGemma.Generation;

namespace PaliGemma.Tests.Generation;

public class SamplerTests
{
    private static readonly float[] Skewed = [MathF.Log(0.5f), MathF.Log(0.3f), MathF.Log(0.2f)];

    [Fact]
    public void Without_a_temperature_the_largest_logit_wins_and_the_first_of_equal_ones()
    {
        Sampler sampler = new(new GenerationOptions());
        Assert.Equal(2, sampler.Next([1, -3, 5, 4]).Id);
        Assert.Equal(1, sampler.Next([0, 7, 7, 7]).Id);
        Assert.Equal(3, sampler.Next([float.NegativeInfinity, float.NegativeInfinity, float.NegativeInfinity, -1e30f]).Id);
    }

    [Property(MaxTest = 200)]
    public void The_log_probability_is_the_models_whatever_distorts_the_draw(NormalFloat[] values, ulong seed)
    {
        float[] logits = Logits(values);
        GenerationOptions options = new() { Temperature = 3, TopK = 2, TopP = 0.7f, Seed = seed };
        GeneratedToken token = new Sampler(options).Next(logits);
        double maximum = logits.Max();
        double expected = logits[token.Id] - maximum - Math.Log(logits.Sum(logit => Math.Exp(logit - maximum)));
        Assert.Equal(expected, (double)token.LogProbability, 1e-3);
    }

    [Theory]
    [InlineData(1f, 0.5, 0.3, 0.2)]
    [InlineData(0.5f, 0.6579, 0.2368, 0.1053)]
    [InlineData(1000f, 0.3336, 0.3334, 0.3330)]
    public void Tokens_are_drawn_as_often_as_the_temperature_says(float temperature, params double[] expected) =>
        AssertFrequencies(expected, new GenerationOptions { Temperature = temperature, Seed = 1 });

    [Fact]
    public void Top_k_draws_among_the_k_most_probable_in_proportion() =>
        AssertFrequencies([0.625, 0.375, 0], new GenerationOptions { Temperature = 1, TopK = 2, Seed = 1 });

    [Theory]
    [InlineData(0.1f, 1.0, 0.0, 0.0)]
    [InlineData(0.49f, 1.0, 0.0, 0.0)]
    [InlineData(0.51f, 0.625, 0.375, 0.0)]
    [InlineData(0.79f, 0.625, 0.375, 0.0)]
    [InlineData(0.81f, 0.5, 0.3, 0.2)]
    public void Top_p_draws_among_the_fewest_that_reach_it(float topP, params double[] expected) =>
        AssertFrequencies(expected, new GenerationOptions { Temperature = 1, TopP = topP, Seed = 1 });

    [Property(MaxTest = 300)]
    public void No_draw_leaves_what_top_k_and_top_p_allow(NormalFloat[] values, ulong seed, byte k, byte p)
    {
        float[] logits = Logits(values);
        GenerationOptions options = new() { Temperature = 0.8f, TopK = k % 10, TopP = (p + 1) / 256f, Seed = seed };
        int[] order = [.. Enumerable.Range(0, logits.Length).OrderByDescending(token => logits[token])];
        int[] kept = options.TopK == 0 ? order : order[..Math.Min(options.TopK, order.Length)];
        double[] weights = [.. kept.Select(token => Math.Exp((logits[token] - logits[order[0]]) / 0.8))];
        double total = weights.Sum();
        Sampler sampler = new(options);
        for (int draw = 0; draw < 20; draw++)
        {
            int rank = Array.IndexOf(kept, sampler.Next(logits).Id);
            Assert.InRange(rank, 0, kept.Length - 1);
            // What is more probable must not reach top-p on its own; the margin is the rounding of sums.
            Assert.True(weights[..rank].Sum() / total < options.TopP + 1e-6);
        }
    }

    [Property(MaxTest = 100)]
    public void A_seed_gives_the_same_draws_again_and_each_sequence_of_a_batch_its_own(ulong seed)
    {
        float[] logits = new float[1000];
        GenerationOptions options = new() { Temperature = 1, Seed = seed };
        int[] Draws(GenerationOptions by, int sequence)
        {
            Sampler sampler = new(by, sequence);
            return [.. Enumerable.Range(0, 20).Select(_ => sampler.Next(logits).Id)];
        }

        Assert.Equal(Draws(options, 0), Draws(options, 0));
        Assert.NotEqual(Draws(options, 0), Draws(options, 1));
        Assert.NotEqual(Draws(options, 0), Draws(options with { Seed = seed + 1 }, 0));
        Assert.NotEqual(Draws(options with { Seed = null }, 0), Draws(options with { Seed = null }, 0));
    }

    [Fact]
    public void What_is_impossible_is_never_drawn()
    {
        float[] logits = new float[50];
        Array.Fill(logits, float.NegativeInfinity);
        logits[17] = -1000;
        logits[31] = -1000;
        Sampler sampler = new(new GenerationOptions { Temperature = 1e6f, Seed = 5 });
        HashSet<int> drawn = [.. Enumerable.Range(0, 100).Select(_ => sampler.Next(logits).Id)];
        Assert.Equal([17, 31], drawn.Order());
    }

    [Theory]
    [InlineData(1e-30f)]
    [InlineData(float.Epsilon)]
    public void The_smallest_temperature_is_greedy(float temperature)
    {
        Sampler sampler = new(new GenerationOptions { Temperature = temperature, Seed = 3 });
        Assert.All(Enumerable.Range(0, 50), _ => Assert.Equal(1, sampler.Next([88, 89, 1, -5]).Id));
    }

    /// <summary>At least one logit; between -20 and 20, and all different, so that their order is one.</summary>
    private static float[] Logits(NormalFloat[] values) =>
        [0.5f, .. values.Select((value, index) => (float)Math.IEEERemainder(value.Get, 40) + (index * 1e-3f)).Distinct().Where(value => value != 0.5f)];

    private static void AssertFrequencies(double[] expected, GenerationOptions options)
    {
        const int Draws = 20_000;
        int[] counts = new int[expected.Length];
        Sampler sampler = new(options);
        for (int draw = 0; draw < Draws; draw++)
        {
            counts[sampler.Next(Skewed).Id]++;
        }
        // Four standard deviations of the largest variance are 0.014; the seed makes the outcome the same each time.
        Assert.All(expected.Zip(counts), pair => Assert.Equal(pair.First, (double)pair.Second / Draws, 0.015));
        Assert.All(expected.Zip(counts), pair => Assert.Equal(pair.First == 0, pair.Second == 0));
    }
}
