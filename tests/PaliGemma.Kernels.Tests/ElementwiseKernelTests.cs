using PaliGemma.Kernels.Reference;
using PaliGemma.Tests;

namespace PaliGemma.Kernels.Tests;

/// <summary>Norms, activations, sums and rotation, at every length up to some registers, on memory that ends at a guard page.</summary>
public sealed class ElementwiseKernelTests : IDisposable
{
    private const int Longest = 70;

    private readonly WorkerPool _pool = new(2);

    [Fact]
    public void RmsNorm_agrees_with_its_scalar_twin()
    {
        for (int width = 1; width <= Longest; width++)
        {
            using GuardedMemory x = Random(3 * width, width, 5);
            float[] weight = RandomValues.Uniform(width, 1);
            float[] expected = new float[3 * width];
            for (int row = 0; row < 3; row++)
            {
                ScalarNorms.Rms(x.Span<float>().Slice(row * width, width), weight, 1e-6f, expected.AsSpan(row * width));
            }
            RmsNorm.Apply(x.Span<float>(), weight, 1e-6f, x.Span<float>(), _pool);
            Tensors.AssertClose($"width {width}", expected, x.Span<float>(), 1e-5);
        }
    }

    [Fact]
    public void LayerNorm_agrees_with_its_scalar_twin()
    {
        for (int width = 2; width <= Longest; width++)
        {
            using GuardedMemory x = Random(3 * width, width, 5);
            float[] weight = RandomValues.Uniform(width, 1);
            float[] bias = RandomValues.Uniform(width, 2);
            float[] expected = new float[3 * width];
            for (int row = 0; row < 3; row++)
            {
                ScalarNorms.Layer(x.Span<float>().Slice(row * width, width), weight, bias, 1e-6f, expected.AsSpan(row * width));
            }
            LayerNorm.Apply(x.Span<float>(), weight, bias, 1e-6f, x.Span<float>(), _pool);
            Tensors.AssertClose($"width {width}", expected, x.Span<float>(), 2e-5);
        }
    }

    [Fact]
    public void Gelu_agrees_with_its_scalar_twin()
    {
        for (int length = 0; length <= Longest; length++)
        {
            using GuardedMemory x = Random(length, length, 12);
            using GuardedMemory gate = Random(length, length, 12);
            float[] up = RandomValues.Uniform(length, 5);
            float[] alone = [.. x.Span<float>().ToArray().Select(value => (float)ScalarActivations.Gelu(value))];
            float[] gated = [.. alone.Zip(up, (value, factor) => value * factor)];
            Gelu.Tanh(x.Span<float>(), _pool);
            Gelu.TanhGate(gate.Span<float>(), up, _pool);
            Tensors.AssertClose($"gelu {length}", alone, x.Span<float>(), 2e-6);
            Tensors.AssertClose($"gated {length}", gated, gate.Span<float>(), 2e-6);
        }
    }

    [Theory]
    [InlineData(1e4f, 1e4f)]
    [InlineData(-1e4f, 0)]
    [InlineData(0, 0)]
    public void Gelu_keeps_to_its_asymptotes(float x, float expected)
    {
        float[] values = [x];
        Gelu.Tanh(values, _pool);
        Assert.Equal(expected, values[0], 1e-30);
    }

    [Fact]
    public void Sums_are_exact()
    {
        for (int length = 1; length <= Longest; length++)
        {
            using GuardedMemory x = Random(length, length, 1);
            using GuardedMemory rows = Random(2 * length, length, 1);
            float[] other = RandomValues.Uniform(length, 9);
            float[] sum = [.. x.Span<float>().ToArray().Zip(other, (a, b) => a + b)];
            float[] biased = [.. rows.Span<float>().ToArray().Select((value, i) => value + other[i % length])];
            Residual.Add(x.Span<float>(), other, _pool);
            BiasAdd.Apply(rows.Span<float>(), other, _pool);
            Assert.Equal(sum, x.Span<float>());
            Assert.Equal(biased, rows.Span<float>());
        }
    }

    [Fact]
    public void Long_arrays_are_shared_between_threads_without_a_gap()
    {
        float[] x = RandomValues.Uniform(100_003, 1);
        float[] expected = Array.ConvertAll(x, value => value + value);
        Residual.Add(x, (float[])x.Clone(), _pool);
        Assert.Equal(expected, x);
    }

    [Fact]
    public void LogSumExp_agrees_with_its_scalar_twin()
    {
        for (int length = 1; length <= Longest; length++)
        {
            using GuardedMemory x = Random(length, length, 30);
            Assert.Equal(ScalarActivations.LogSumExp(x.Span<float>()), Softmax.LogSumExp(x.Span<float>()), 1e-5);
        }
        Assert.Equal(float.NegativeInfinity, Softmax.LogSumExp([float.NegativeInfinity, float.NegativeInfinity]));
        float[] masked = new float[40];
        Array.Fill(masked, float.NegativeInfinity);
        masked[33] = 2;
        Assert.Equal(2, Softmax.LogSumExp(masked), 1e-6);
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(16, 3)]
    [InlineData(256, 8)]
    public void Rotation_agrees_with_its_scalar_twin(int size, int heads)
    {
        RotaryEmbedding rotary = new(size, 10000);
        foreach (int first in new[] { 0, 1, 300, 5 })
        {
            float[] x = RandomValues.Uniform(20 * heads * size, first);
            float[] expected = (float[])x.Clone();
            for (int row = 0; row < 20 * heads; row++)
            {
                ScalarActivations.Rotate(expected.AsSpan(row * size, size), 10000, first + (row / heads));
            }
            rotary.Rotate(x, heads, first, _pool);
            Tensors.AssertClose($"size {size} from {first}", expected, x, 1e-6);
        }
    }

    public void Dispose() => _pool.Dispose();

    private static GuardedMemory Random(int count, int seed, float scale)
    {
        GuardedMemory memory = new(count * sizeof(float));
        RandomValues.Uniform(count, seed, scale).CopyTo(memory.Span<float>());
        return memory;
    }
}
