using PaliGemma.Kernels.Reference;
using PaliGemma.Tests;

namespace PaliGemma.Kernels.Tests;

public sealed class AttentionTests : IDisposable
{
    private readonly WorkerPool _pool = new(2);

    [Theory]
    [InlineData(1, 1, 300, 8, 1, 256, 0)] // a decoding step of Gemma
    [InlineData(1, 1, 65, 4, 2, 16, 50)]
    [InlineData(1, 1, 1, 2, 1, 8, 0)]
    [InlineData(2, 9, 9, 2, 1, 6, 0)]
    [InlineData(37, 49, 49, 4, 4, 72, 0)] // SigLIP's head size: no multiple of a register
    [InlineData(20, 20, 200, 8, 1, 32, 0)]
    [InlineData(20, 20, 200, 8, 4, 32, 5)] // soft cap
    [InlineData(64, 96, 96, 2, 2, 64, 0)]
    [InlineData(65, 97, 97, 3, 1, 40, 0)]
    [InlineData(130, 130, 193, 2, 1, 24, 0)]
    public void It_agrees_with_the_scalar_twin(int fewest, int most, int keys, int heads, int keyValueHeads, int size, float cap)
    {
        AttentionShape shape = new(heads, keyValueHeads, size, 1 / MathF.Sqrt(size), cap);
        for (int queries = fewest; queries <= most; queries++)
        {
            VisibleRange[] all = new VisibleRange[queries];
            Array.Fill(all, new VisibleRange(0, keys));
            AssertAttention(shape, keys, all);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void Every_query_sees_its_own_range_only(float cap)
    {
        AttentionShape shape = new(4, 2, 16, 0.3f, cap);
        VisibleRange[] window = new VisibleRange[150];
        for (int i = 0; i < window.Length; i++)
        {
            // From one key to more than a block, none of which is another query's.
            window[i] = new VisibleRange(Math.Max(0, i - 110), i < 75 ? i + 1 : 150);
        }
        AssertAttention(shape, 150, window);
    }

    [Fact]
    public void Large_scores_do_not_overflow()
    {
        AttentionShape shape = new(1, 1, 8, 100, 0);
        VisibleRange[] all = new VisibleRange[30];
        Array.Fill(all, new VisibleRange(0, 120));
        AssertAttention(shape, 120, all, scale: 3, tolerance: 1e-3);
    }

    [Theory]
    [InlineData(-1, 2)]
    [InlineData(2, 2)]
    [InlineData(0, 5)]
    public void A_range_that_is_empty_or_not_among_the_keys_is_refused(int first, int end) =>
        Assert.Throws<ArgumentException>(() => Attention.Apply(
            new AttentionShape(1, 1, 2, 1, 0), new float[2], new float[8], new float[8], [new VisibleRange(first, end)], new float[2], _pool));

    public void Dispose() => _pool.Dispose();

    private void AssertAttention(AttentionShape shape, int keys, VisibleRange[] visible, float scale = 1, double tolerance = 1e-5)
    {
        int queryLength = visible.Length * shape.Heads * shape.HeadSize;
        int keyLength = keys * shape.KeyValueHeads * shape.HeadSize;
        using GuardedMemory q = new(queryLength * 4);
        using GuardedMemory k = new(keyLength * 4);
        using GuardedMemory v = new(keyLength * 4);
        using GuardedMemory o = new(queryLength * 4);
        RandomValues.Uniform(queryLength, 1, 2 * scale).CopyTo(q.Span<float>());
        RandomValues.Uniform(keyLength, 2, 2 * scale).CopyTo(k.Span<float>());
        RandomValues.Uniform(keyLength, 3).CopyTo(v.Span<float>());
        float[] expected = new float[queryLength];
        ScalarAttention.Apply(shape, q.Span<float>(), k.Span<float>(), v.Span<float>(), visible, expected);
        Attention.Apply(shape, q.Span<float>(), k.Span<float>(), v.Span<float>(), visible, o.Span<float>(), _pool);
        Tensors.AssertClose($"{shape} {visible.Length} x {keys}", expected, o.Span<float>(), tolerance);
    }
}
