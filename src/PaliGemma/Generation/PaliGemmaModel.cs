using PaliGemma.Checkpoints;
using PaliGemma.Configuration;
using PaliGemma.Kernels;
using PaliGemma.Language;
using PaliGemma.Layers;
using PaliGemma.Vision;

namespace PaliGemma.Generation;

/// <summary>PaliGemma on the CPU. Calls from several threads run one after another, each on all threads of the pool.</summary>
public sealed class PaliGemmaModel : IPaliGemmaModel
{
    private readonly Lock _gate = new();
    private readonly WorkerPool _pool;
    private readonly WeightLoader _weights;
    private readonly SiglipVisionModel _vision;
    private readonly MultiModalProjector _projector;
    private readonly GemmaDecoder _decoder;
    private readonly GemmaWorkspace _workspace;
    private SiglipWorkspace? _visionWorkspace;
    private bool _disposed;

    /// <summary>Loads the weights; those that need no conversion stay where the checkpoint maps them.</summary>
    /// <param name="config">The checkpoint's configuration.</param>
    /// <param name="checkpoint">The weights; owned, and closed on failure too.</param>
    /// <param name="options">Precision, threads and progress.</param>
    /// <exception cref="ModelFileException">A tensor is missing or has another shape or type than the configuration says.</exception>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public PaliGemmaModel(PaliGemmaConfig config, Checkpoint checkpoint, ModelOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(checkpoint);
        options ??= new ModelOptions();
        Config = options.ImageSize == 0 ? config : config with { Vision = config.Vision with { ImageSize = options.ImageSize } };
        _weights = new WeightLoader(checkpoint, options.Format, options.QuantizeHead, options.Progress);
        try
        {
            options.Validate(config);
            TiedHead.Require(checkpoint);
            _vision = new SiglipVisionModel(Config.Vision, config.Vision.ImageSize, _weights);
            _projector = new MultiModalProjector(config, _weights);
            _decoder = new GemmaDecoder(config.Text, options.SlidingWindow, _weights);
            _workspace = new GemmaWorkspace(config.Text);
            _pool = new WorkerPool(options.Threads);
        }
        catch
        {
            _weights.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public PaliGemmaConfig Config { get; }

    /// <summary>The weights that one decoding step reads, the head included: what memory bandwidth is spent on.</summary>
    public IReadOnlyList<MemoryRegion> DecoderMemory => [.. _decoder.Weights.SelectMany(weight => weight.Regions)];

    /// <summary>Threads that compute; benchmarks measure the processor's limits on the same ones.</summary>
    public WorkerPool Pool => _pool;

    /// <summary>Is shown every intermediate result; costs the shortcuts that need not compute all of them.</summary>
    internal ActivationProbe? Probe { get; set; }

    /// <inheritdoc/>
    public ImageFeatures EncodeImage(ReadOnlyMemory<float> pixels, CancellationToken cancellation = default)
    {
        SiglipVisionConfig vision = Config.Vision;
        int expected = vision.ChannelCount * vision.ImageSize * vision.ImageSize;
        if (pixels.Length != expected)
        {
            throw new ArgumentException(
                $"A picture for this model has {expected} values [{vision.ChannelCount}, {vision.ImageSize}, {vision.ImageSize}], not {pixels.Length}.",
                nameof(pixels));
        }
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _visionWorkspace ??= new SiglipWorkspace(vision);
            _vision.Forward(pixels.Span, _visionWorkspace, _pool, Probe, cancellation);
            float[] features = new float[vision.PatchCount * Config.ProjectionSize];
            _projector.Forward(_visionWorkspace.Normed, vision.PatchCount, features, _pool);
            Probe?.Invoke("projector.output", features);
            return new Features(features, vision.PatchCount);
        }
    }

    /// <inheritdoc/>
    public IDecodingState Prefill(
        IReadOnlyList<ImageFeatures> images, ReadOnlyMemory<int> tokens, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        if (tokens.IsEmpty)
        {
            throw new ArgumentException("A prompt has at least one token.", nameof(tokens));
        }
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _workspace.Reserve(tokens.Length);
            Merge(images, tokens.Span, _workspace.Hidden);
            KvCache cache = _decoder.CreateCache(tokens.Length + InitialRoom);
            _decoder.Forward(DecoderBatch.Prompt(cache, tokens.Length), _workspace, _pool, Probe, cancellation);
            State state = new(cache, new float[Config.Text.HiddenSize]);
            _workspace.Normed.AsSpan(0, state.Hidden.Length).CopyTo(state.Hidden);
            return state;
        }
    }

    /// <inheritdoc/>
    public void Append(IReadOnlyList<IDecodingState> states, ReadOnlyMemory<int> tokens, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(states);
        ArgumentOutOfRangeException.ThrowIfNotEqual(tokens.Length, states.Count);
        int width = Config.Text.HiddenSize;
        KvCache[] caches = new KvCache[states.Count];
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _workspace.Reserve(states.Count);
            for (int i = 0; i < caches.Length; i++)
            {
                caches[i] = Own(states[i]).Cache;
                _decoder.Embedding.Lookup(Checked(tokens.Span[i]), _workspace.Hidden.AsSpan(i * width, width));
            }
            _decoder.Forward(DecoderBatch.Step(caches), _workspace, _pool, Probe, cancellation);
            for (int i = 0; i < caches.Length; i++)
            {
                _workspace.Normed.AsSpan(i * width, width).CopyTo(Own(states[i]).Hidden);
            }
        }
    }

    /// <inheritdoc/>
    public void ComputeLogits(IReadOnlyList<IDecodingState> states, Span<float> logits)
    {
        ArgumentNullException.ThrowIfNull(states);
        ArgumentOutOfRangeException.ThrowIfNotEqual(logits.Length, checked(states.Count * Config.Text.VocabularySize));
        int width = Config.Text.HiddenSize;
        float[] hidden = new float[states.Count * width];
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            for (int i = 0; i < states.Count; i++)
            {
                Own(states[i]).Hidden.CopyTo(hidden, i * width);
            }
            _decoder.ComputeLogits(hidden, states.Count, logits, _pool);
        }
    }

    /// <inheritdoc/>
    public void ComputeLogits(IDecodingState state, ReadOnlySpan<int> tokens, Span<float> logits)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(logits.Length, tokens.Length);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _decoder.ComputeLogits(Own(state).Hidden, tokens, logits, _pool);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            if (!_disposed)
            {
                _disposed = true;
                _pool.Dispose();
                _weights.Dispose();
            }
        }
    }

    /// <summary>Logits of every row of a final hidden state, as a probe sees it.</summary>
    internal float[] ComputeLogits(ReadOnlySpan<float> hidden)
    {
        int rows = hidden.Length / Config.Text.HiddenSize;
        float[] logits = new float[rows * Config.Text.VocabularySize];
        _decoder.ComputeLogits(hidden, rows, logits, _pool);
        return logits;
    }

    /// <summary>Room that a new cache has for generated tokens before it grows: a caption or a few boxes.</summary>
    private const int InitialRoom = 64;

    /// <summary>Writes the decoder's inputs: scaled text embeddings, and unscaled image features where the image tokens are.</summary>
    private void Merge(IReadOnlyList<ImageFeatures> images, ReadOnlySpan<int> tokens, Span<float> destination)
    {
        int width = Config.Text.HiddenSize;
        int available = 0;
        foreach (ImageFeatures image in images)
        {
            available += image.TokenCount;
        }
        int imageTokens = tokens.Count(Config.ImageTokenId);
        if (imageTokens != available)
        {
            throw new ArgumentException($"The prompt has {imageTokens} image tokens, and the pictures have {available} features.", nameof(tokens));
        }
        int picture = 0;
        int used = 0;
        for (int i = 0; i < tokens.Length; i++)
        {
            Span<float> row = destination.Slice(i * width, width);
            if (tokens[i] != Config.ImageTokenId)
            {
                _decoder.Embedding.Lookup(Checked(tokens[i]), row);
                continue;
            }
            while (used == images[picture].TokenCount)
            {
                picture++;
                used = 0;
            }
            Features features = images[picture] as Features
                ?? throw new ArgumentException("The features were made by another kind of model.", nameof(images));
            features.Values.AsSpan(used++ * width, width).CopyTo(row);
        }
    }

    private int Checked(int token) => (uint)token < (uint)Config.Text.VocabularySize
        ? token
        : throw new ArgumentException($"Token {token} is outside the vocabulary of {Config.Text.VocabularySize}.");

    private static State Own(IDecodingState state) =>
        state as State ?? throw new ArgumentException("The sequence was made by another kind of model.", nameof(state));

    /// <summary><paramref name="values"/> is [tokens, hidden].</summary>
    private sealed class Features(float[] values, int tokenCount) : ImageFeatures
    {
        public float[] Values => values;

        public override int TokenCount => tokenCount;
    }

    /// <summary><paramref name="hidden"/> is the last token's final hidden state [hidden], from which logits are computed when asked for.</summary>
    private sealed class State(KvCache cache, float[] hidden) : IDecodingState
    {
        public KvCache Cache => cache;

        public float[] Hidden => hidden;

        public int Length => cache.Length;

        public IDecodingState Fork() => new State(cache.Fork(), (float[])hidden.Clone());

        public void Dispose()
        {
            // The cache is ordinary memory: the collector takes it.
        }
    }
}
