using PaliGemma.Kernels.Formats;
using PaliGemma.Kernels.Reference;
using PaliGemma.Tests;

namespace PaliGemma.Kernels.Tests.Formats;

/// <summary>The three floating-point formats, over every kind of remainder, on memory that ends where the weights end.</summary>
public sealed class DenseMatrixTests : IDisposable
{
    private readonly WorkerPool _pool = new(2);

    public enum Format
    {
        Float32,
        BFloat16,
        Float16,
    }

    public static TheoryData<Format> Formats => [.. Enum.GetValues<Format>()];

    [Theory]
    [MemberData(nameof(Formats))]
    public void Products_agree_with_the_scalar_twin_for_every_remainder_of_columns(Format format)
    {
        for (int columns = 1; columns <= 70; columns++)
        {
            foreach (int tokens in new[] { 1, 3, 8, 9 })
            {
                AssertProduct(format, rows: 5 + (columns % 3), columns, tokens);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Products_agree_with_the_scalar_twin_for_every_remainder_of_rows(Format format)
    {
        for (int rows = 1; rows <= 130; rows++)
        {
            AssertProduct(format, rows, columns: 17, tokens: 8 + (rows % 9));
        }
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Products_agree_with_the_scalar_twin_for_every_number_of_tokens(Format format)
    {
        for (int tokens = 1; tokens <= 40; tokens++)
        {
            AssertProduct(format, rows: 33, columns: 40, tokens);
        }
    }

    [Theory]
    [InlineData(100, 600, 20)] // more than one block of depth, the second one short
    [InlineData(48, 1024, 12)]
    [InlineData(3000, 24, 2)] // more than one task of a matrix-vector product
    public void Products_agree_with_the_scalar_twin_across_blocks(int rows, int columns, int tokens) =>
        AssertProduct(Format.BFloat16, rows, columns, tokens);

    [Fact]
    public void A_product_does_not_depend_on_the_number_of_threads()
    {
        using WorkerPool one = new(1);
        using Weights weights = new(Format.Float32, 90, 130);
        float[] x = RandomValues.Uniform(130 * 11, 3);
        float[] expected = new float[90 * 11];
        float[] actual = new float[90 * 11];
        weights.Matrix.Multiply(x, 11, expected, one);
        weights.Matrix.Multiply(x, 11, actual, _pool);
        Assert.Equal(expected, actual);
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Chosen_rows_give_what_the_whole_product_gives(Format format)
    {
        using Weights weights = new(format, 40, 50);
        float[] x = RandomValues.Uniform(50, 4);
        float[] all = new float[40];
        weights.Matrix.Multiply(x, 1, all, _pool);
        int[] rows = [39, 0, 7, 7, 20];
        float[] some = new float[rows.Length];
        weights.Matrix.MultiplyRows(x, rows, some, _pool);
        Tensors.AssertClose($"{format} rows", Array.ConvertAll(rows, row => all[row]), some, 1e-5);
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Lengths_and_rows_that_do_not_fit_are_refused(Format format)
    {
        using Weights weights = new(format, 4, 6);
        Assert.Throws<ArgumentOutOfRangeException>(() => weights.Matrix.Multiply(new float[5], 1, new float[4], _pool));
        Assert.Throws<ArgumentOutOfRangeException>(() => weights.Matrix.Multiply(new float[6], 1, new float[5], _pool));
        Assert.Throws<ArgumentOutOfRangeException>(() => weights.Matrix.MultiplyRows(new float[6], [4], new float[1], _pool));
        Assert.Throws<ArgumentOutOfRangeException>(() => weights.Matrix.MultiplyRows(new float[6], [-1], new float[1], _pool));
        Assert.Throws<ArgumentOutOfRangeException>(() => weights.Matrix.CopyRow(4, new float[6]));
        using NativeBuffer small = new(7);
        Assert.Throws<ArgumentOutOfRangeException>(() => new Float16Matrix(small.Region, 2, 2));
    }

    [Fact]
    public void Every_float16_converts_as_Half_does()
    {
        using NativeBuffer buffer = new(65536 * 2);
        Span<ushort> bits = buffer.Span<ushort>(0, 65536);
        for (int i = 0; i < bits.Length; i++)
        {
            bits[i] = (ushort)i;
        }
        // One row per value: the product with 1 takes the vector path of a 32-wide row whose other values are zero.
        float[] one = new float[65536];
        Float16Matrix matrix = new(buffer.Region, 1, 65536);
        matrix.CopyRow(0, one);
        float[] unpacked = new float[65536];
        unsafe
        {
            fixed (float* target = unpacked)
            {
                for (int i = 0; i < 65536; i += 16)
                {
                    ushort* source = (ushort*)buffer.Region.Pointer + i;
                    System.Runtime.Intrinsics.Vector512.Store(Float16Element.Load512(source), target + i);
                }
            }
        }
        for (int i = 0; i < 65536; i++)
        {
            float expected = (float)BitConverter.UInt16BitsToHalf((ushort)i);
            Assert.True(float.IsNaN(expected) ? float.IsNaN(one[i]) && float.IsNaN(unpacked[i]) : expected == one[i] && expected == unpacked[i]);
        }
    }

    public void Dispose() => _pool.Dispose();

    private void AssertProduct(Format format, int rows, int columns, int tokens)
    {
        using Weights weights = new(format, rows, columns);
        using GuardedMemory x = new(tokens * columns * sizeof(float));
        using GuardedMemory y = new(tokens * rows * sizeof(float));
        RandomValues.Uniform(tokens * columns, rows + tokens).CopyTo(x.Span<float>());
        float[] expected = new float[tokens * rows];
        ScalarMatrixMultiply.Multiply(weights.Matrix, x.Span<float>(), tokens, expected);
        weights.Matrix.Multiply(x.Span<float>(), tokens, y.Span<float>(), _pool);
        Tensors.AssertClose($"{format} {tokens} x [{rows}, {columns}]", expected, y.Span<float>(), 1e-6 * (columns + 8));
    }

    /// <summary>A random matrix on guarded memory.</summary>
    private sealed class Weights : IDisposable
    {
        private readonly GuardedMemory _memory;

        public Weights(Format format, int rows, int columns)
        {
            float[] values = RandomValues.Uniform(rows * columns, rows);
            _memory = new GuardedMemory(values.Length * (format == Format.Float32 ? 4 : 2));
            switch (format)
            {
                case Format.Float32:
                    values.CopyTo(_memory.Span<float>());
                    Matrix = new Float32Matrix(_memory.Region, rows, columns);
                    break;
                case Format.BFloat16:
                    Array.ConvertAll(values, value => (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16)).CopyTo(_memory.Span<ushort>());
                    Matrix = new BFloat16Matrix(_memory.Region, rows, columns);
                    break;
                default:
                    Array.ConvertAll(values, value => (Half)value).CopyTo(_memory.Span<Half>());
                    Matrix = new Float16Matrix(_memory.Region, rows, columns);
                    break;
            }
        }

        public WeightMatrix Matrix { get; }

        public void Dispose() => _memory.Dispose();
    }
}
