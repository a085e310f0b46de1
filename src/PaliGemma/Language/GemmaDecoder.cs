using PaliGemma.Configuration;
using PaliGemma.Kernels;
using PaliGemma.Layers;

namespace PaliGemma.Language;

/// <summary>The Gemma decoder (arXiv:2403.08295; Gemma 2: arXiv:2408.00118): embedding, layers, final norm and the tied head.</summary>
internal sealed class GemmaDecoder
{
    private readonly GemmaConfig _config;
    private readonly GemmaDecoderLayer[] _layers;
    private readonly float[] _finalNorm;

    public GemmaDecoder(GemmaConfig config, bool slidingWindow, WeightLoader weights)
    {
        const string Prefix = "language_model.model";
        _config = config;
        Embedding = new TokenEmbedding(weights.Table(Prefix + ".embed_tokens.weight", config.VocabularySize, config.HiddenSize));
        RotaryEmbedding rotary = new(config.HeadSize, config.RopeTheta);
        _layers = new GemmaDecoderLayer[config.LayerCount];
        for (int i = 0; i < _layers.Length; i++)
        {
            int? window = slidingWindow && i % 2 == 0 ? config.SlidingWindow : null;
            _layers[i] = new GemmaDecoderLayer(config, i, window, rotary, weights, $"{Prefix}.layers.{i}");
        }
        _finalNorm = weights.Vector(Prefix + ".norm.weight", config.HiddenSize);
    }

    public TokenEmbedding Embedding { get; }

    /// <summary>What a decoding step multiplies by: all layers' matrices, and the table as the head.</summary>
    public IEnumerable<WeightMatrix> Weights => _layers.SelectMany(layer => layer.Weights).Append(Embedding.Table);

    public KvCache CreateCache(int capacity) => new(_layers.Length, _config.KeyValueHeadCount * _config.HeadSize, capacity);

    /// <summary>
    /// Runs the rows of <c>work.Hidden</c> through all layers and the final norm and advances the caches. Leaves in <c>work.Normed</c> the
    /// last row of every sequence [sequences, hidden] or, for a <paramref name="probe"/>, every row.
    /// </summary>
    public void Forward(DecoderBatch batch, GemmaWorkspace work, WorkerPool pool, ActivationProbe? probe, CancellationToken cancellation)
    {
        // The last layer's queries and MLP matter for the tokens that are decoded next, only its keys and values for all.
        DecoderBatch output = probe is null ? batch.LastRows() : batch;
        probe?.Invoke("lm.hidden.0", work.Hidden.AsSpan(0, batch.Rows * _config.HiddenSize));
        for (int i = 0; i < _layers.Length; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            bool last = i == _layers.Length - 1;
            _layers[i].Forward(batch, last ? output : batch, work, pool);
            if (!last)
            {
                probe?.Invoke($"lm.hidden.{i + 1}", work.Hidden.AsSpan(0, batch.Rows * _config.HiddenSize));
            }
        }
        int length = output.Rows * _config.HiddenSize;
        RmsNorm.Apply(work.Hidden.AsSpan(0, length), _finalNorm, _config.RmsNormEpsilon, work.Normed.AsSpan(0, length), pool);
        probe?.Invoke($"lm.hidden.{_layers.Length}", work.Normed.AsSpan(0, length));
        if (probe is not null)
        {
            batch.GatherLastRows(work.Normed, _config.HiddenSize);
        }
        foreach (BatchSlice slice in batch.Slices)
        {
            slice.Cache.Advance(slice.NewTokens);
        }
    }

    /// <summary>Logits [rows, vocabulary] of <paramref name="hidden"/> [rows, hidden], as <see cref="Forward"/> leaves it.</summary>
    public void ComputeLogits(ReadOnlySpan<float> hidden, int rows, Span<float> logits, WorkerPool pool)
    {
        Embedding.Table.Multiply(hidden, rows, logits, pool);
        Cap(logits);
    }

    /// <summary>The logits of the vocabulary entries <paramref name="tokens"/> only, for one row of hidden state.</summary>
    public void ComputeLogits(ReadOnlySpan<float> hidden, ReadOnlySpan<int> tokens, Span<float> logits, WorkerPool pool)
    {
        Embedding.Table.MultiplyRows(hidden, tokens, logits, pool);
        Cap(logits);
    }

    private void Cap(Span<float> logits)
    {
        float cap = _config.FinalSoftCap;
        if (cap == 0)
        {
            return;
        }
        for (int i = 0; i < logits.Length; i++)
        {
            logits[i] = cap * MathF.Tanh(logits[i] / cap);
        }
    }
}
