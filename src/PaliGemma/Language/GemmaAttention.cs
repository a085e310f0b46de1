using PaliGemma.Configuration;
using PaliGemma.Kernels;
using PaliGemma.Layers;

namespace PaliGemma.Language;

/// <summary>Grouped-query attention with rotary positions over a key/value cache.</summary>
internal sealed class GemmaAttention
{
    private readonly int _layer;
    private readonly int? _window;
    private readonly AttentionShape _shape;
    private readonly RotaryEmbedding _rotary;
    private readonly Linear _query;
    private readonly Linear _key;
    private readonly Linear _value;
    private readonly Linear _output;

    public GemmaAttention(GemmaConfig config, int layer, int? window, RotaryEmbedding rotary, WeightLoader weights, string prefix)
    {
        int queryWidth = config.HeadCount * config.HeadSize;
        int keyWidth = config.KeyValueHeadCount * config.HeadSize;
        _layer = layer;
        _window = window;
        _rotary = rotary;
        _shape = new AttentionShape(
            config.HeadCount, config.KeyValueHeadCount, config.HeadSize, config.QueryScale, config.AttentionSoftCap);
        _query = weights.Linear(prefix + ".q_proj", queryWidth, config.HiddenSize, bias: false);
        _key = weights.Linear(prefix + ".k_proj", keyWidth, config.HiddenSize, bias: false);
        _value = weights.Linear(prefix + ".v_proj", keyWidth, config.HiddenSize, bias: false);
        _output = weights.Linear(prefix + ".o_proj", config.HiddenSize, queryWidth, bias: false);
    }

    /// <summary>What one pass multiplies by.</summary>
    public IEnumerable<WeightMatrix> Weights => [_query.Weight, _key.Weight, _value.Weight, _output.Weight];

    /// <summary>Computes keys and values of <c>Normed</c> and writes them to the caches.</summary>
    public void WriteCache(DecoderBatch batch, GemmaWorkspace work, WorkerPool pool)
    {
        int width = _key.OutputSize;
        _key.Forward(work.Normed, batch.Rows, work.Keys, pool);
        _value.Forward(work.Normed, batch.Rows, work.Values, pool);
        foreach (BatchSlice slice in batch.Slices)
        {
            Span<float> keys = work.Keys.AsSpan(slice.FirstRow * width, slice.Rows * width);
            _rotary.Rotate(keys, _shape.KeyValueHeads, Position(slice), pool);
            slice.Cache.Write(_layer, keys, work.Values.AsSpan(slice.FirstRow * width, slice.Rows * width));
        }
    }

    /// <summary>Replaces <c>Normed</c> by the attention's output over the caches.</summary>
    public void Forward(DecoderBatch batch, GemmaWorkspace work, WorkerPool pool)
    {
        int width = _query.OutputSize;
        _query.Forward(work.Normed, batch.Rows, work.Queries, pool);
        foreach (BatchSlice slice in batch.Slices)
        {
            Span<float> queries = work.Queries.AsSpan(slice.FirstRow * width, slice.Rows * width);
            Span<VisibleRange> visible = work.Visible.AsSpan(0, slice.Rows);
            _rotary.Rotate(queries, _shape.Heads, Position(slice), pool);
            PrefixLmMask.Fill(visible, slice.FirstQuery, slice.Keys, _window);
            Attention.Apply(
                _shape,
                queries,
                slice.Cache.Keys(_layer, slice.Keys),
                slice.Cache.Values(_layer, slice.Keys),
                visible,
                work.Attended.AsSpan(slice.FirstRow * width, slice.Rows * width),
                pool);
        }
        _output.Forward(work.Attended, batch.Rows, work.Normed, pool);
    }

    /// <summary>PaliGemma counts positions from 1.</summary>
    private static int Position(BatchSlice slice) => slice.FirstQuery + 1;
}
