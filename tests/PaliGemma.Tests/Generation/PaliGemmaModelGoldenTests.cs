using PaliGemma.Checkpoints;
using PaliGemma.Configuration;
using PaliGemma.Generation;
using PaliGemma.Layers;

namespace PaliGemma.Tests.Generation;

/// <summary>
/// The model against the reference implementation, stage by stage. The tolerances are those of tests/Goldens/README.md: above the noise between correct
/// implementations, below the smallest real mistake.
/// </summary>
public class PaliGemmaModelGoldenTests
{
    private const double VisionTolerance = 2e-5;

    public static TheoryData<string, double> Models => new() { { "A", 4e-4 }, { "S", 3e-5 }, { "G", 2e-4 } };

    [Theory]
    [MemberData(nameof(Models))]
    public void The_image_tower_agrees_layer_by_layer(string name, double tolerance)
    {
        _ = tolerance;
        using GoldenTensors golden = new("expected", name, "forward.safetensors");
        using PaliGemmaModel model = Load(name);
        float[] pixels = golden.Floats("pixel_values");
        int pictureLength = pixels.Length / 2;
        for (int picture = 0; picture < 2; picture++)
        {
            int compared = 0;
            model.Probe = (stage, values) =>
            {
                float[] expected = golden.Floats(stage);
                int length = expected.Length / 2;
                Tensors.AssertClose($"{name} picture {picture} {stage}", expected.AsSpan(picture * length, length), values, VisionTolerance);
                compared++;
            };
            using ImageFeatures features = model.EncodeImage(pixels.AsMemory(picture * pictureLength, pictureLength));
            Assert.Equal(model.Config.Vision.LayerCount + 3, compared);
            Assert.Equal(16, features.TokenCount);
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void The_decoder_agrees_layer_by_layer_and_in_every_logit(string name, double tolerance)
    {
        using GoldenTensors golden = new("expected", name, "forward.safetensors");
        using PaliGemmaModel model = Load(name);
        for (int prompt = 0; prompt < 2; prompt++)
        {
            using ImageFeatures features = EncodePicture(model, golden, prompt);
            int compared = 0;
            float[] final = [];
            model.Probe = (stage, values) =>
            {
                // Hidden states are larger than logits before the final norm, and so is their rounding noise.
                Tensors.AssertClose($"{name} p{prompt}.{stage}", golden.Floats($"p{prompt}.{stage}"), values, 2 * tolerance);
                compared++;
                final = values.ToArray();
            };
            using IDecodingState state = model.Prefill([features], golden.Ids($"p{prompt}.input_ids"));
            model.Probe = null;
            Assert.Equal(model.Config.Text.LayerCount + 1, compared);
            Tensors.AssertClose($"{name} p{prompt}.logits", golden.Floats($"p{prompt}.logits"), model.ComputeLogits(final), tolerance);
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Greedy_decoding_gives_the_reference_tokens_and_logits(string name, double tolerance)
    {
        using GoldenTensors forward = new("expected", name, "forward.safetensors");
        using GoldenTensors golden = new("expected", name, "generate.safetensors");
        using PaliGemmaModel model = Load(name);
        for (int prompt = 0; prompt < 2; prompt++)
        {
            AssertGreedy(model, forward, prompt, golden.Ids($"p{prompt}.ideal_ids"), golden.Floats($"p{prompt}.ideal_logits"), name, tolerance);
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void A_batch_of_unequal_prompts_gives_each_prompt_its_own_tokens(string name, double tolerance)
    {
        _ = tolerance;
        using GoldenTensors forward = new("expected", name, "forward.safetensors");
        using GoldenTensors golden = new("expected", name, "generate.safetensors");
        using PaliGemmaModel model = Load(name);
        IDecodingState[] states = [Prefill(model, forward, 0), Prefill(model, forward, 1)];

        List<int>[] generated = [[], []];
        TokenGenerator generator = new(model, model.Config.Text.VocabularySize);
        foreach ((int sequence, GeneratedToken token) in generator.Generate(states, new GenerationOptions { MaxNewTokens = 20 }, TestContext.Current.CancellationToken))
        {
            generated[sequence].Add(token.Id);
        }

        for (int prompt = 0; prompt < 2; prompt++)
        {
            Assert.Equal(golden.Ids($"p{prompt}.ideal_ids"), generated[prompt]);
            states[prompt].Dispose();
        }
    }

    /// <summary>
    /// Rounded weights in float32 arithmetic are what the kernels compute, so the tolerances are those of float32: the same weights are the same numbers.
    /// The rows that convert at load check that rounding is the reference's; folders of rounded weights were made from the float32 ones.
    /// </summary>
    [Theory]
    [InlineData("A", "A-bf16", WeightFormat.Auto, "bf16w_fp32", 4e-4)]
    [InlineData("A", "A", WeightFormat.BFloat16, "bf16w_fp32", 4e-4)]
    [InlineData("A", "A-fp16", WeightFormat.Auto, "fp16w_fp32", 4e-4)]
    [InlineData("S", "S-bf16", WeightFormat.Auto, "bf16w_fp32", 3e-5)]
    [InlineData("S", "S-bf16", WeightFormat.Float32, "bf16w_fp32", 3e-5)]
    [InlineData("S", "S-fp16", WeightFormat.Auto, "fp16w_fp32", 3e-5)]
    [InlineData("G", "G-bf16", WeightFormat.Auto, "bf16w_fp32", 2e-4)]
    public void Low_precision_weights_agree_with_the_reference_on_the_same_weights(
        string name, string folder, WeightFormat format, string key, double tolerance)
    {
        using GoldenTensors forward = new("expected", name, "forward.safetensors");
        using GoldenTensors golden = new("expected", name, "dtype.safetensors");
        using PaliGemmaModel model = Load(folder, format);
        AssertGreedy(model, forward, 0, golden.Ids($"{key}.p0.ideal_ids"), golden.Floats($"{key}.p0.ideal_logits"), $"{folder} {key}", tolerance);
    }

    [Fact]
    public void Several_pictures_take_the_places_of_their_image_tokens_in_order()
    {
        using GoldenTensors golden = new("expected", "S", "forward.safetensors");
        using PaliGemmaModel model = Load("S");
        using ImageFeatures first = EncodePicture(model, golden, 0);
        using ImageFeatures second = EncodePicture(model, golden, 1);
        int image = model.Config.ImageTokenId;
        int[] tokens = [.. Enumerable.Repeat(image, 32), 2, 108];

        float[] Merged(params ImageFeatures[] pictures)
        {
            float[] merged = [];
            model.Probe = (stage, values) => merged = stage == "lm.hidden.0" ? values.ToArray() : merged;
            using IDecodingState state = model.Prefill(pictures, tokens);
            model.Probe = null;
            return merged;
        }

        float[] forwards = Merged(first, second);
        float[] backwards = Merged(second, first);
        int length = 16 * model.Config.Text.HiddenSize;
        Assert.Equal(forwards[..length], backwards[length..(2 * length)]);
        Assert.Equal(forwards[length..(2 * length)], backwards[..length]);
        Assert.NotEqual(forwards[..length], backwards[..length]);
        Assert.Throws<ArgumentException>(() => model.Prefill([first], tokens));
    }

    [Fact]
    public void The_logits_of_chosen_tokens_are_those_of_the_whole_vocabulary()
    {
        using GoldenTensors golden = new("expected", "G", "forward.safetensors");
        using PaliGemmaModel model = Load("G");
        using IDecodingState state = Prefill(model, golden, 0);
        float[] all = new float[model.Config.Text.VocabularySize];
        model.ComputeLogits([state], all);
        int[] chosen = [319, 0, 7, 108, 7];
        float[] some = new float[chosen.Length];
        model.ComputeLogits(state, chosen, some);
        Tensors.AssertClose("logits", Array.ConvertAll(chosen, token => all[token]), some, 1e-5);
    }

    [Fact]
    public void A_fork_goes_its_own_way()
    {
        using GoldenTensors golden = new("expected", "S", "forward.safetensors");
        using PaliGemmaModel model = Load("S");
        using IDecodingState state = Prefill(model, golden, 0);
        using IDecodingState fork = state.Fork();
        using IDecodingState untouched = state.Fork();
        model.Append([state, fork], new[] { 5, 9 }, TestContext.Current.CancellationToken);
        model.Append([state, fork], new[] { 6, 6 }, TestContext.Current.CancellationToken);
        model.Append([untouched], new[] { 9 }, TestContext.Current.CancellationToken);
        model.Append([untouched], new[] { 6 }, TestContext.Current.CancellationToken);

        float[] LogitsOf(IDecodingState of)
        {
            float[] logits = new float[model.Config.Text.VocabularySize];
            model.ComputeLogits([of], logits);
            return logits;
        }

        Tensors.AssertClose("fork", LogitsOf(untouched), LogitsOf(fork), 1e-5);
        Assert.NotEqual(LogitsOf(state), LogitsOf(fork));
        Assert.Equal(golden.Ids("p0.input_ids").Length + 2, fork.Length);
    }

    [Fact]
    public void A_cancelled_step_leaves_the_sequence_as_it_was()
    {
        using GoldenTensors golden = new("expected", "S", "forward.safetensors");
        using PaliGemmaModel model = Load("S");
        using IDecodingState state = Prefill(model, golden, 0);
        int length = state.Length;
        Assert.Throws<OperationCanceledException>(() => model.Append([state], new[] { 5 }, new CancellationToken(canceled: true)));
        Assert.Equal(length, state.Length);
    }

    internal static PaliGemmaModel Load(string name, WeightFormat format = WeightFormat.Auto)
    {
        string folder = Goldens.Path("models", name);
        return new PaliGemmaModel(PaliGemmaConfig.Load(folder), Checkpoint.Open(folder), new ModelOptions { Format = format, Threads = 2 });
    }

    internal static IDecodingState Prefill(PaliGemmaModel model, GoldenTensors forward, int prompt)
    {
        using ImageFeatures features = EncodePicture(model, forward, prompt);
        return model.Prefill([features], forward.Ids($"p{prompt}.input_ids"));
    }

    private static ImageFeatures EncodePicture(PaliGemmaModel model, GoldenTensors forward, int picture)
    {
        float[] pixels = forward.Floats("pixel_values");
        int length = pixels.Length / 2;
        return model.EncodeImage(pixels.AsMemory(picture * length, length));
    }

    /// <summary>Feeds the expected tokens step by step and compares every logit, and the choice made from them.</summary>
    private static void AssertGreedy(
        PaliGemmaModel model, GoldenTensors forward, int prompt, int[] expectedIds, float[] expectedLogits, string name, double tolerance)
    {
        using IDecodingState state = Prefill(model, forward, prompt);
        int width = model.Config.Text.VocabularySize;
        float[] logits = new float[width];
        for (int step = 0; step < expectedIds.Length; step++)
        {
            model.ComputeLogits([state], logits);
            Tensors.AssertClose($"{name} p{prompt} step {step} logits", expectedLogits.AsSpan(step * width, width), logits, tolerance);
            Assert.Equal(expectedIds[step], Sampler.ArgMax(logits));
            model.Append([state], new[] { expectedIds[step] });
        }
    }
}
