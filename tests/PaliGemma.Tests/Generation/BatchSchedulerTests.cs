using PaliGemma.Configuration;
using PaliGemma.Generation;
using PaliGemma.Imaging;
using PaliGemma.Processing;
using PaliGemma.Tasks;

namespace PaliGemma.Tests.Generation;

public sealed class BatchSchedulerTests : IDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    private readonly PaliGemmaPipeline _pipeline = PaliGemmaPipeline.Load(Goldens.Path("models", "E"));
    private readonly RgbImage _first = ImageFile.Load(Goldens.Path("images", "01_rgb_320x240.png"));
    private readonly RgbImage _second = ImageFile.Load(Goldens.Path("images", "08_exact_224x224.png"));

    public void Dispose() => _pipeline.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(16)]
    public async Task Every_request_is_given_what_it_is_given_alone(int sequences)
    {
        TaskPrompt[] tasks =
        [
            new CaptionPrompt("en"), new AnswerPrompt("what colour is the thing in the corner, and why?", "en"), new OcrPrompt(),
            new DetectPrompt("cat", "dog"), new SegmentPrompt("cat"), new FreePrompt("x"),
        ];
        (PaliGemmaInputs Inputs, GenerationOptions Options)[] requests =
        [
            .. tasks.SelectMany((task, i) => new[] { _first, _second }.Select((image, k) =>
            {
                GenerationOptions options = new() { MaxNewTokens = 5 + (7 * i), Temperature = (i + k) % 3, Seed = (ulong)i, TopK = 5 * k };
                return (_pipeline.Processor.Process(image, task.Text), _pipeline.GenerationFor(task, new TaskOptions { Generation = options }));
            })),
        ];
        using BatchScheduler scheduler = new(_pipeline, new BatchOptions { MaxSequences = sequences });
        GeneratedToken[][] together = await Task.WhenAll(requests.Select(request => Collect(scheduler.Submit(request.Inputs, request.Options))));
        for (int i = 0; i < requests.Length; i++)
        {
            AssertSame(Alone(requests[i].Inputs, requests[i].Options), together[i]);
        }
        Assert.Equal(0, scheduler.QueueLength);
        Assert.Equal(2, _pipeline.ImageCache.Count);
    }

    [Fact]
    public async Task Sequences_join_and_leave_while_others_go_on()
    {
        PaliGemmaInputs inputs = _pipeline.Processor.Process(_first, "caption en");
        PaliGemmaInputs other = _pipeline.Processor.Process(_second, "answer en is it a very long question?");
        GenerationOptions slow = new() { MaxNewTokens = 150, Temperature = 1, Seed = 1 };
        GenerationOptions quick = new() { MaxNewTokens = 4 };
        using BatchScheduler scheduler = new(_pipeline);
        List<GeneratedToken> tokens = [];
        await foreach ((_, GeneratedToken token) in scheduler.Submit(inputs, slow))
        {
            tokens.Add(token);
            if (tokens.Count % 40 == 1)
            {
                AssertSame(Alone(other, quick), await Collect(scheduler.Submit(other, quick)));
            }
        }
        AssertSame(Alone(inputs, slow), [.. tokens]);
    }

    [Fact]
    public async Task Several_sequences_of_one_prompt_are_those_of_a_batch_and_the_prompt_is_read_once()
    {
        using RecordingModel model = new(_pipeline.Model);
        using ImageFeatureCache cache = new(model, 0);
        using BatchScheduler scheduler = new(model, cache, _pipeline.Tokenizer.PieceCount, new BatchOptions(), "test");
        PaliGemmaInputs inputs = _pipeline.Processor.Process(_first, "caption en");
        GenerationOptions options = new() { MaxNewTokens = 10, Temperature = 1, Seed = 7 };
        List<(int Sequence, GeneratedToken Token)> steps = [];
        await foreach ((int, GeneratedToken) step in scheduler.Submit(inputs, options, sequences: 3))
        {
            steps.Add(step);
        }
        using IDecodingState state = _pipeline.Prefill([_first], ["caption en"])[0];
        IDecodingState[] states = [state, state.Fork(), state.Fork()];
        IReadOnlyList<GeneratedText> expected = _pipeline.Generator.Generate(states, options);
        for (int i = 0; i < states.Length; i++)
        {
            AssertSame(expected[i].Tokens, [.. steps.Where(step => step.Sequence == i).Select(step => step.Token)]);
        }
        Assert.Single(model.Calls, "prefill");
        Assert.Equal(0, cache.Count);
    }

    [Fact]
    public async Task Between_two_tokens_of_a_running_sequence_at_most_one_picture_is_encoded_or_one_prompt_read()
    {
        using ManualResetEventSlim submitted = new();
        // Otherwise the first request could be done before the second comes.
        using RecordingModel model = new(_pipeline.Model) { Before = (_, cancellation) => submitted.Wait(cancellation) };
        using ImageFeatureCache cache = new(model, 0);
        using BatchScheduler scheduler = new(model, cache, _pipeline.Tokenizer.PieceCount, new BatchOptions(), "test");
        GenerationOptions options = new() { MaxNewTokens = 60, Temperature = 1 };
        PaliGemmaInputs[] inputs = [.. Enumerable.Range(0, 8).Select(_ => _pipeline.Processor.Process([_first, _second], "caption en"))];
        Task<GeneratedToken[]>[] requests = [.. inputs.Select(input => Collect(scheduler.Submit(input, options)))];
        submitted.Set();
        await Task.WhenAll(requests);
        string[] calls = [.. model.Calls];
        Assert.Equal(16, calls.Count(call => call == "encode"));
        int running = Array.IndexOf(calls, "append");
        for (int i = running + 1; i < calls.Length; i++)
        {
            Assert.True(calls[i] == "append" || calls[i - 1] == "append", string.Join(' ', calls[running..(i + 1)]));
        }
    }

    [Fact]
    public async Task A_full_queue_refuses_and_a_cancelled_request_makes_room()
    {
        using GatedModel model = new();
        using ImageFeatureCache cache = new(model, 0);
        using BatchScheduler scheduler = new(model, cache, 8, new BatchOptions { MaxSequences = 1, MaxWaiting = 2 }, "test");
        PaliGemmaInputs inputs = new([], (int[])[2, 3]);
        GenerationOptions options = new() { MaxNewTokens = 3 };
        using CancellationTokenSource stop = new();
        Task<GeneratedToken[]> first = Collect(scheduler.Submit(inputs, options));
        Task<GeneratedToken[]> second = Collect(scheduler.Submit(inputs, options, cancellation: stop.Token));
        Assert.Throws<QueueFullException>(() => scheduler.Submit(inputs, options));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Task<GeneratedToken[]> third = Collect(scheduler.Submit(inputs, options));
        model.Open();
        Assert.Equal(3, (await first).Length);
        Assert.Equal(3, (await third).Length);
    }

    [Fact]
    public async Task A_running_request_that_is_cancelled_or_disposed_leaves_and_the_others_go_on()
    {
        PaliGemmaInputs inputs = _pipeline.Processor.Process(_first, "caption en");
        GenerationOptions endless = new() { MaxNewTokens = 1_000_000 };
        GenerationOptions some = new() { MaxNewTokens = 40, Temperature = 1, Seed = 3 };
        using BatchScheduler scheduler = new(_pipeline);
        using CancellationTokenSource stop = new();
        Task<GeneratedToken[]> kept = Collect(scheduler.Submit(inputs, some));
        BatchedGeneration left = scheduler.Submit(inputs, endless);
        await foreach ((int, GeneratedToken) _ in left)
        {
            break;
        }
        left.Dispose();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach ((int, GeneratedToken) _ in scheduler.Submit(inputs, endless, cancellation: stop.Token))
            {
                await stop.CancelAsync();
            }
        });
        AssertSame(Alone(inputs, some), await kept);
        await WaitUntil(() => scheduler.SequenceCount == 0);
    }

    [Fact]
    public async Task A_sequence_that_is_stopped_leaves_and_those_of_the_same_request_go_on()
    {
        using ManualResetEventSlim stopped = new();
        // Otherwise all tokens could be there before the first is read.
        using RecordingModel model = new(_pipeline.Model)
        {
            Before = (call, cancellation) =>
            {
                if (call == "append")
                {
                    stopped.Wait(cancellation);
                }
            },
        };
        using ImageFeatureCache cache = new(model, 0);
        using BatchScheduler scheduler = new(model, cache, _pipeline.Tokenizer.PieceCount, new BatchOptions(), "test");
        GenerationOptions options = new() { MaxNewTokens = 30, Temperature = 3, Seed = 3 };
        using BatchedGeneration generation = scheduler.Submit(_pipeline.Processor.Process(_first, "caption en"), options, sequences: 2);
        int[] counts = new int[2];
        await foreach ((int sequence, _) in generation)
        {
            counts[sequence]++;
            generation.Stop(0);
            stopped.Set();
        }
        Assert.Equal([1, 30], counts);
    }

    [Fact]
    public async Task What_goes_wrong_with_a_request_reaches_its_reader_alone()
    {
        using BatchScheduler scheduler = new(_pipeline);
        PaliGemmaInputs inputs = _pipeline.Processor.Process(_first, "caption en");
        GenerationOptions options = new() { MaxNewTokens = 3 };
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Collect(scheduler.Submit(inputs with { Pixels = [] }, options)));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Collect(scheduler.Submit(inputs with { Pixels = [(float[])[1, 2]] }, options)));
        AssertSame(Alone(inputs, options), await Collect(scheduler.Submit(inputs, options)));
    }

    [Fact]
    public void Options_that_a_batch_cannot_honour_are_refused()
    {
        using BatchScheduler scheduler = new(_pipeline, new BatchOptions { MaxSequences = 2 });
        PaliGemmaInputs inputs = _pipeline.Processor.Process(_first, "caption en");
        Assert.Throws<ArgumentException>(() => scheduler.Submit(inputs, new GenerationOptions { BeamCount = 2 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => scheduler.Submit(inputs, new GenerationOptions { TopP = 2 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => scheduler.Submit(inputs, new GenerationOptions(), sequences: 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => new BatchScheduler(_pipeline, new BatchOptions { MaxSequences = 0 }));
    }

    [Fact]
    public async Task Disposing_ends_what_runs_and_what_waits()
    {
        PaliGemmaInputs inputs = _pipeline.Processor.Process(_first, "caption en");
        GenerationOptions endless = new() { MaxNewTokens = 1_000_000 };
        BatchScheduler scheduler = new(_pipeline, new BatchOptions { MaxSequences = 1 });
        Task<GeneratedToken[]>[] requests = [.. Enumerable.Range(0, 3).Select(_ => Collect(scheduler.Submit(inputs, endless)))];
        await WaitUntil(() => scheduler.SequenceCount == 1);
        scheduler.Dispose();
        foreach (Task<GeneratedToken[]> request in requests)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
        }
        Assert.Throws<ObjectDisposedException>(() => scheduler.Submit(inputs, endless));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 5)]
    [InlineData(2, int.MaxValue)]
    public async Task A_constraint_that_fails_ends_its_own_request_alone(int fails, int token)
    {
        using BatchScheduler scheduler = new(_pipeline, new BatchOptions { MaxSequences = 4 });
        PaliGemmaInputs inputs = _pipeline.Processor.Process(_first, "caption en");
        GenerationOptions plain = new() { MaxNewTokens = 20 };
        Task<GeneratedToken[]> whole = Collect(scheduler.Submit(inputs, plain));
        GenerationOptions broken = plain with { Constraint = new BrokenConstraint(fails, token) };
        await Assert.ThrowsAnyAsync<Exception>(() => Collect(scheduler.Submit(inputs, broken, sequences: 2)));
        AssertSame(Alone(inputs, plain), await whole);
        AssertSame(Alone(inputs, plain), await Collect(scheduler.Submit(inputs, plain)));
        await WaitUntil(() => scheduler.SequenceCount == 0);
    }

    /// <summary>Fails when it is asked what is allowed (0) or told what was chosen (1), or allows what is no token (2).</summary>
    private sealed class BrokenConstraint(int fails, int token) : TokenConstraint
    {
        private readonly int[] _allowed = [token];

        public override long Start => 0;

        public override int ShortestAnswer => 2;

        public override ReadOnlySpan<int> Allowed(long state, int room) => fails == 0 ? throw new FormatException() : _allowed;

        public override long Advance(long state, int token) => fails == 1 ? throw new FormatException() : state;
    }

    private GeneratedToken[] Alone(PaliGemmaInputs inputs, GenerationOptions options)
    {
        ImageFeatures[] features = [.. inputs.Pixels.Select(pixels => _pipeline.Model.EncodeImage(pixels))];
        using IDecodingState state = _pipeline.Model.Prefill(features, inputs.Tokens);
        return [.. new TokenGenerator(_pipeline.Model, _pipeline.Tokenizer.PieceCount).Generate([state], options).Select(step => step.Token)];
    }

    /// <summary>Products of several rows add in another order than those of one: probabilities agree to rounding.</summary>
    private static void AssertSame(IReadOnlyList<GeneratedToken> expected, IReadOnlyList<GeneratedToken> actual)
    {
        Assert.Equal(expected.Select(token => token.Id), actual.Select(token => token.Id));
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First.LogProbability, pair.Second.LogProbability, 1e-3));
    }

    private static async Task<GeneratedToken[]> Collect(BatchedGeneration generation)
    {
        using BatchedGeneration owned = generation;
        List<GeneratedToken> tokens = [];
        await foreach ((_, GeneratedToken token) in generation)
        {
            tokens.Add(token);
        }
        return [.. tokens];
    }

    private static async Task WaitUntil(Func<bool> condition)
    {
        using CancellationTokenSource limit = new(Longest);
        while (!condition())
        {
            await Task.Delay(1, limit.Token);
        }
    }

    /// <summary>Another model, and the order of its passes.</summary>
    private sealed class RecordingModel(IPaliGemmaModel model) : IPaliGemmaModel
    {
        public List<string> Calls { get; } = [];

        /// <summary>Is told the name of each pass before it begins.</summary>
        public Action<string, CancellationToken>? Before { get; init; }

        public PaliGemmaConfig Config => model.Config;

        public ImageFeatures EncodeImage(ReadOnlyMemory<float> pixels, CancellationToken cancellation = default)
        {
            Begin("encode", cancellation);
            return model.EncodeImage(pixels, cancellation);
        }

        public IDecodingState Prefill(
            IReadOnlyList<ImageFeatures> images, ReadOnlyMemory<int> tokens, CancellationToken cancellation = default)
        {
            Begin("prefill", cancellation);
            return model.Prefill(images, tokens, cancellation);
        }

        public void Append(IReadOnlyList<IDecodingState> states, ReadOnlyMemory<int> tokens, CancellationToken cancellation = default)
        {
            Begin("append", cancellation);
            model.Append(states, tokens, cancellation);
        }

        public void ComputeLogits(IReadOnlyList<IDecodingState> states, Span<float> logits) => model.ComputeLogits(states, logits);

        public void ComputeLogits(IDecodingState state, ReadOnlySpan<int> tokens, Span<float> logits) =>
            model.ComputeLogits(state, tokens, logits);

        public void Dispose()
        {
        }

        private void Begin(string call, CancellationToken cancellation)
        {
            Calls.Add(call);
            Before?.Invoke(call, cancellation);
        }
    }

    /// <summary>Reads no prompt before it is opened, unless it is asked to stop.</summary>
    private sealed class GatedModel : IPaliGemmaModel
    {
        private readonly ScriptedModel _model = new(8, _ => [0, -9, 0, 5, 0, 0, 0, 0]);
        private readonly ManualResetEventSlim _open = new();

        public PaliGemmaConfig Config => _model.Config;

        public void Open() => _open.Set();

        public ImageFeatures EncodeImage(ReadOnlyMemory<float> pixels, CancellationToken cancellation = default) =>
            _model.EncodeImage(pixels, cancellation);

        public IDecodingState Prefill(
            IReadOnlyList<ImageFeatures> images, ReadOnlyMemory<int> tokens, CancellationToken cancellation = default)
        {
            _open.Wait(cancellation);
            return _model.Prefill(images, tokens, cancellation);
        }

        public void Append(IReadOnlyList<IDecodingState> states, ReadOnlyMemory<int> tokens, CancellationToken cancellation = default) =>
            _model.Append(states, tokens, cancellation);

        public void ComputeLogits(IReadOnlyList<IDecodingState> states, Span<float> logits) => _model.ComputeLogits(states, logits);

        public void ComputeLogits(IDecodingState state, ReadOnlySpan<int> tokens, Span<float> logits) =>
            _model.ComputeLogits(state, tokens, logits);

        public void Dispose() => _open.Dispose();
    }
}
