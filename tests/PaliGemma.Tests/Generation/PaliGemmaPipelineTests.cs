using System.Text.Json;
using PaliGemma.Generation;
using PaliGemma.Imaging;
using PaliGemma.Processing;

namespace PaliGemma.Tests.Generation;

/// <summary>A complete model folder as published: two shards, tokenizer, 224 pixels, 256 image tokens.</summary>
public class PaliGemmaPipelineTests
{
    [Fact]
    public void A_picture_and_a_prompt_give_the_reference_tokens_scores_and_text()
    {
        using JsonDocument cases = JsonDocument.Parse(File.ReadAllBytes(Goldens.Path("expected", "E", "e2e.json")));
        using GoldenTensors golden = new("expected", "E", "e2e.safetensors");
        using GoldenTensors decoded = new("expected", "images", "decoded_u8.safetensors");
        using PaliGemmaPipeline pipeline = PaliGemmaPipeline.Load(Goldens.Path("models", "E"));
        int index = 0;
        foreach (JsonElement test in cases.RootElement.GetProperty("cases").EnumerateArray())
        {
            // The reference's own pixels, because JPEG decoders differ by a few levels.
            RgbImage image = decoded.Image(test.GetProperty("image").GetString()!);
            string prompt = test.GetProperty("prompt").GetString()!;
            int[] expectedIds = [.. test.GetProperty("new_ids").EnumerateArray().Select(id => id.GetInt32())];

            GeneratedText text = pipeline.Generate([image], prompt, new GenerationOptions { MaxNewTokens = expectedIds.Length });
            Assert.Equal(expectedIds, text.Tokens.Select(token => token.Id));
            Assert.Equal(test.GetProperty("text").GetString(), text.Text);

            PaliGemmaInputs inputs = pipeline.Processor.Process(image, prompt);
            Assert.Equal(
                test.GetProperty("prompt_ids_after_image").EnumerateArray().Select(id => id.GetInt32()),
                inputs.Tokens.Skip(256));
            AssertScores(pipeline, inputs, expectedIds, golden.Floats($"{index}.scores"), $"case {index}");
            index++;
        }
        Assert.Equal(3, index);
    }

    [Fact]
    public async Task Streaming_gives_the_same_text_in_pieces()
    {
        using PaliGemmaPipeline pipeline = PaliGemmaPipeline.Load(Goldens.Path("models", "E"));
        RgbImage image = ImageFile.Load(Goldens.Path("images", "01_rgb_320x240.png"));
        GenerationOptions options = new() { MaxNewTokens = 12 };
        List<string> pieces = [];
        await foreach (string piece in pipeline.GenerateStreamAsync([image], "caption en", options))
        {
            pieces.Add(piece);
        }
        Assert.True(pieces.Count > 1);
        Assert.Equal(pipeline.Generate([image], "caption en", options).Text, string.Concat(pieces));
    }

    [Fact]
    public async Task Leaving_a_stream_early_stops_the_work()
    {
        using PaliGemmaPipeline pipeline = PaliGemmaPipeline.Load(Goldens.Path("models", "E"));
        RgbImage image = ImageFile.Load(Goldens.Path("images", "01_rgb_320x240.png"));
        await foreach (string piece in pipeline.GenerateStreamAsync([image], "caption en", new GenerationOptions { MaxNewTokens = 100_000 }))
        {
            Assert.NotEmpty(piece);
            break;
        }
    }

    [Fact]
    public async Task Cancelling_a_stream_ends_it()
    {
        using PaliGemmaPipeline pipeline = PaliGemmaPipeline.Load(Goldens.Path("models", "E"));
        RgbImage image = ImageFile.Load(Goldens.Path("images", "01_rgb_320x240.png"));
        using CancellationTokenSource stop = new();
        GenerationOptions options = new() { MaxNewTokens = 100_000 };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (string piece in pipeline.GenerateStreamAsync([image], "caption en", options, stop.Token))
            {
                await stop.CancelAsync();
            }
        });
        // The model is free for the next question.
        Assert.NotEmpty(pipeline.Generate([image], "caption en", new GenerationOptions { MaxNewTokens = 1 }).Text);
    }

    [Fact]
    public async Task What_goes_wrong_in_a_stream_reaches_its_reader()
    {
        using PaliGemmaPipeline pipeline = PaliGemmaPipeline.Load(Goldens.Path("models", "E"));
        GenerationOptions options = new() { TopP = 2 };
        await Assert.ThrowsAnyAsync<ArgumentException>(async () =>
        {
            await foreach (string piece in pipeline.GenerateStreamAsync([], "caption en", options))
            {
                Assert.Fail($"There was a piece: {piece}");
            }
        });
    }

    [Fact]
    public void A_batch_of_pictures_gives_the_references_tokens_for_each()
    {
        using JsonDocument cases = JsonDocument.Parse(File.ReadAllBytes(Goldens.Path("expected", "E", "e2e.json")));
        using GoldenTensors decoded = new("expected", "images", "decoded_u8.safetensors");
        using PaliGemmaPipeline pipeline = PaliGemmaPipeline.Load(Goldens.Path("models", "E"));
        IDecodingState[] states =
        [
            .. cases.RootElement.GetProperty("cases").EnumerateArray().SelectMany(test => pipeline.Prefill(
                [decoded.Image(test.GetProperty("image").GetString()!)], [test.GetProperty("prompt").GetString()!])),
        ];
        IReadOnlyList<GeneratedText> answers = pipeline.Generator.Generate(states, new GenerationOptions { MaxNewTokens = 24 });
        int[][] expected =
        [
            .. cases.RootElement.GetProperty("batch_of_3_left_padded_new_ids").EnumerateArray()
                .Select(row => row.EnumerateArray().Select(id => id.GetInt32()).ToArray()),
        ];
        Assert.Equal(expected, answers.Select(answer => answer.Tokens.Select(token => token.Id).ToArray()));
        Assert.All(answers, answer => Assert.Equal(FinishReason.Length, answer.FinishReason));
    }

    [Fact]
    public void Two_pictures_in_one_prompt_are_both_seen()
    {
        using PaliGemmaPipeline pipeline = PaliGemmaPipeline.Load(Goldens.Path("models", "E"));
        RgbImage first = ImageFile.Load(Goldens.Path("images", "01_rgb_320x240.png"));
        RgbImage second = ImageFile.Load(Goldens.Path("images", "08_exact_224x224.png"));
        GenerationOptions options = new() { MaxNewTokens = 8 };
        const string Prompt = "answer en are they the same?";
        GeneratedText[] answers =
        [
            pipeline.Generate([first, second], Prompt, options),
            pipeline.Generate([second, first], Prompt, options),
            pipeline.Generate([first], Prompt, options),
            pipeline.Generate(Array.Empty<RgbImage>(), Prompt, options),
        ];
        float[] scores = Array.ConvertAll(answers, answer => answer.Tokens.Sum(token => token.LogProbability));
        Assert.Equal(4, scores.Distinct().Count());
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1025)]
    public void A_number_of_threads_that_no_machine_has_is_refused(int threads) => Assert.Throws<ArgumentOutOfRangeException>(
        () => PaliGemmaPipeline.Load(Goldens.Path("models", "E"), new ModelOptions { Threads = threads }));

    private static void AssertScores(PaliGemmaPipeline pipeline, PaliGemmaInputs inputs, int[] ids, float[] expected, string name)
    {
        using ImageFeatures features = pipeline.Model.EncodeImage(inputs.Pixels[0]);
        using IDecodingState state = pipeline.Model.Prefill([features], inputs.Tokens);
        int width = pipeline.Model.Config.Text.VocabularySize;
        float[] logits = new float[width];
        for (int step = 0; step < ids.Length; step++)
        {
            pipeline.Model.ComputeLogits([state], logits);
            Tensors.AssertClose($"{name} step {step}", expected.AsSpan(step * width, width), logits, 4e-4);
            pipeline.Model.Append([state], new[] { ids[step] });
        }
    }
}
