using System.Numerics;
using PaliGemma.Kernels.Formats;
using PaliGemma.Kernels.Products;
using PaliGemma.Kernels.Reference;
using PaliGemma.Tests;

namespace PaliGemma.Kernels.Tests.Formats;

/// <summary>The quantised formats, over every kind of remainder and partial block, on memory that ends where the weights end.</summary>
public sealed class QuantizedMatrixTests : IDisposable
{
    private readonly WorkerPool _pool = new(2);

    public enum Format
    {
        Int8,
        Nf4,
        Nf4Nested,
        Fp4,
        Int4,
    }

    public static TheoryData<Format> Formats => [.. Enum.GetValues<Format>()];

    [Theory]
    [MemberData(nameof(Formats))]
    public void Products_agree_with_the_scalar_twin_for_every_remainder_of_columns(Format format)
    {
        for (int columns = 1; columns <= 140; columns++)
        {
            foreach (int tokens in new[] { 1, 3, 8, 9 })
            {
                AssertProduct(format, rows: 5 + (columns % 5), columns, tokens);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Products_agree_with_the_scalar_twin_for_every_remainder_of_whole_and_broken_blocks(Format format)
    {
        for (int columns = 16; columns <= 400; columns += 16)
        {
            foreach (int tokens in new[] { 1, 8 })
            {
                AssertProduct(format, rows: 50, columns, tokens);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Products_agree_with_the_scalar_twin_for_every_remainder_of_rows(Format format)
    {
        for (int rows = 1; rows <= 100; rows++)
        {
            AssertProduct(format, rows, columns: 64, tokens: 1);
            AssertProduct(format, rows, columns: 64, tokens: 8 + (rows % 9));
        }
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Products_agree_with_the_scalar_twin_across_blocks_of_depth(Format format)
    {
        AssertProduct(format, rows: 60, columns: 2176, tokens: 17);
        AssertProduct(format, rows: 60, columns: 2176, tokens: 2);
        AssertProduct(format, rows: 9, columns: 4304, tokens: 10); // SigLIP's width: 67 blocks of 64 and a quarter
    }

    [Theory]
    [InlineData(Format.Nf4)]
    [InlineData(Format.Nf4Nested)]
    [InlineData(Format.Fp4)]
    public void Products_agree_with_the_scalar_twin_for_blocks_of_any_even_length(Format format)
    {
        foreach (int blockSize in new[] { 2, 16, 20, 24, 30, 32, 40, 48, 56, 64, 80, 96, 128, 192, 4096 })
        {
            foreach (int columns in new[] { 48, 60, 96, 120, 192, 240, 448 })
            {
                AssertProduct(format, rows: 37, columns, tokens: 1, blockSize);
                AssertProduct(format, rows: 37, columns, tokens: 8, blockSize);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Sums_of_the_largest_products_neither_overflow_nor_saturate(Format format)
    {
        foreach (int columns in new[] { 48, 64, 96, 4304, 16384 })
        {
            foreach (int sign in new[] { 1, -1 })
            {
                // Beside one of the greatest magnitude, int4's greatest code.
                float[] values = [.. Enumerable.Range(0, 3 * columns).Select(i => sign * (format == Format.Int4 && i % 32 > 0 ? -0.875f : 1))];
                using Weights weights = new(format, 3, columns, values);
                foreach (int tokens in new[] { 2, 8 })
                {
                    float[] x = [.. Enumerable.Range(0, tokens * columns).Select(i => i / columns % 2 == 0 ? 1f : -1)];
                    float[] expected = new float[tokens * 3];
                    float[] actual = new float[tokens * 3];
                    ScalarMatrixMultiply.Multiply(weights.Matrix, x, tokens, expected);
                    weights.Matrix.Multiply(x, tokens, actual, _pool);
                    Tensors.AssertClose($"{format} {tokens} x [3, {columns}]", expected, actual, 1e-5 * columns);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void What_is_not_a_number_stays_so_and_spoils_no_other_token(Format format)
    {
        foreach (int columns in new[] { 50, 96, 128 })
        {
            using Weights weights = new(format, 5, columns);
            foreach (int tokens in new[] { 3, 9 })
            {
                foreach (int place in new[] { 0, 13, columns - 1 })
                {
                    foreach (float spoilt in new[] { float.NaN, float.PositiveInfinity })
                    {
                        float[] x = RandomValues.Uniform(tokens * columns, 5);
                        x[columns + place] = spoilt;
                        float[] y = new float[tokens * 5];
                        weights.Matrix.Multiply(x, tokens, y, _pool);
                        for (int i = 0; i < y.Length; i++)
                        {
                            Assert.Equal(i / 5 != 1, float.IsFinite(y[i]));
                        }
                    }
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void A_weight_that_is_not_a_number_stays_so(Format format)
    {
        const int Rows = 5, Columns = 128; // Whole blocks in every format.
        foreach (float spoilt in new[] { float.NaN, -float.NaN, BitConverter.UInt32BitsToSingle(0x7FFF_FFFF), float.NegativeInfinity })
        {
            foreach (int place in new[] { 0, 13, Columns - 1 })
            {
                float[] values = RandomValues.Uniform(Rows * Columns, 7);
                values[(2 * Columns) + place] = spoilt;
                using Weights weights = new(format, Rows, Columns, values);
                float[] row = new float[Columns];
                weights.Matrix.CopyRow(2, row);
                Assert.False(float.IsFinite(row[place]));
                foreach (int tokens in new[] { 1, 9 })
                {
                    float[] y = new float[tokens * Rows];
                    weights.Matrix.Multiply(RandomValues.Uniform(tokens * Columns, 5), tokens, y, _pool);
                    for (int i = 0; i < y.Length; i++)
                    {
                        // Nested scales are stored as differences from their mean, which then is no number for any row.
                        Assert.Equal(i % Rows != 2 && format != Format.Nf4Nested, float.IsFinite(y[i]));
                    }
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void A_large_activation_spoils_no_column_outside_its_segment(Format format)
    {
        const int Columns = 1024;
        using Weights weights = new(format, 20, Columns);
        float[] x = RandomValues.Uniform(10 * Columns, 5);
        x[3] = 60;
        x[Columns + 2] = -6;
        float[] expected = new float[10 * 20];
        float[] actual = new float[10 * 20];
        ScalarMatrixMultiply.Multiply(weights.Matrix, x, 10, expected);
        weights.Matrix.Multiply(x, 10, actual, _pool);
        // Steps of 60 / 127 in 32 columns, and of 60 / 63 in 64; in all columns they would cost more than ten.
        Tensors.AssertClose($"{format}", expected, actual, format == Format.Int8 ? 0.5 : format == Format.Int4 ? 2 : 5);
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Zeros_stay_zeros(Format format)
    {
        using Weights weights = new(format, 6, 96, new float[6 * 96]);
        foreach (int tokens in new[] { 1, 8 })
        {
            float[] y = new float[tokens * 6];
            weights.Matrix.Multiply(RandomValues.Uniform(tokens * 96, 5), tokens, y, _pool);
            Assert.All(y, value => Assert.Equal(0, value));
        }
        using Weights others = new(format, 6, 96);
        float[] nothing = new float[8 * 6];
        others.Matrix.Multiply(new float[8 * 96], 8, nothing, _pool);
        Assert.All(nothing, value => Assert.Equal(0, value));
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Chosen_rows_give_what_the_whole_product_gives(Format format)
    {
        foreach (int columns in new[] { 50, 192 })
        {
            using Weights weights = new(format, 40, columns);
            float[] x = RandomValues.Uniform(columns, 4);
            float[] all = new float[40];
            weights.Matrix.Multiply(x, 1, all, _pool);
            int[] rows = [39, 0, 7, 7, 20];
            float[] some = new float[rows.Length];
            weights.Matrix.MultiplyRows(x, rows, some, _pool);
            Tensors.AssertClose($"{format} rows", Array.ConvertAll(rows, row => all[row]), some, 1e-5);
        }
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Lengths_and_rows_that_do_not_fit_are_refused(Format format)
    {
        using Weights weights = new(format, 4, 6);
        Assert.Throws<ArgumentOutOfRangeException>(() => weights.Matrix.Multiply(new float[5], 1, new float[4], _pool));
        Assert.Throws<ArgumentOutOfRangeException>(() => weights.Matrix.Multiply(new float[48], 8, new float[31], _pool));
        Assert.Throws<ArgumentOutOfRangeException>(() => weights.Matrix.MultiplyRows(new float[6], [4], new float[1], _pool));
        Assert.Throws<ArgumentOutOfRangeException>(() => weights.Matrix.MultiplyRows(new float[6], [-1], new float[1], _pool));
        Assert.Throws<ArgumentOutOfRangeException>(() => weights.Matrix.CopyRow(4, new float[6]));
    }

    [Theory]
    [InlineData(Format.Int8, 0.005)]
    [InlineData(Format.Nf4, 0.16)]
    [InlineData(Format.Nf4Nested, 0.17)]
    [InlineData(Format.Fp4, 0.17)]
    [InlineData(Format.Int4, 0.13)]
    public void Packing_loses_no_more_than_half_a_step(Format format, double step)
    {
        using Weights weights = new(format, 8, 130);
        float[] row = new float[130];
        for (int r = 0; r < 8; r++)
        {
            weights.Matrix.CopyRow(r, row);
            Tensors.AssertClose($"{format} row {r}", weights.Values.AsSpan(r * 130, 130), row, step);
        }
    }

    [Fact]
    public void Codes_on_their_values_and_boundaries_are_those_of_the_reference()
    {
        AssertCodes<Nf4Code>();
        AssertCodes<Fp4Code>();
    }

    [Fact]
    public void The_dynamic_map_ascends_from_minus_one_to_one()
    {
        ReadOnlySpan<float> map = NestedScales.DynamicMap;
        Assert.Equal(256, map.Length);
        Assert.Equal(-0.9929687f, map[0], 1e-6f);
        Assert.Equal(0, map[127]);
        Assert.Equal(1, map[255]);
        Assert.Equal(5.5e-7f, map[128], 1e-12f);
        for (int i = 1; i < map.Length; i++)
        {
            Assert.True(map[i] > map[i - 1]);
        }
    }

    [Fact]
    public void Nested_scales_are_the_nearest_of_the_map()
    {
        float[] scales = RandomValues.Uniform(700, 8);
        byte[] codes = new byte[700];
        float[] absmax = new float[3];
        float offset = NestedScales.Pack(scales, codes, absmax);
        for (int i = 0; i < scales.Length; i++)
        {
            float target = (scales[i] - offset) / absmax[i / 256];
            float best = NestedScales.DynamicMap.ToArray().Min(value => Math.Abs(value - target));
            Assert.Equal(best, Math.Abs(NestedScales.DynamicMap[codes[i]] - target), 1e-6f);
        }
    }

    public void Dispose() => _pool.Dispose();

    private static void AssertCodes<TCode>()
        where TCode : IFourBitCode
    {
        byte[] code = new byte[1];
        for (int i = 0; i < 16; i++)
        {
            float value = TCode.Values[i];
            FourBitPacking<TCode>.Pack([value, value], 1, code);
            Assert.Equal(value, TCode.Values[code[0] >> 4]);
            Assert.Equal(code[0] >> 4, code[0] & 15);
        }
        for (int rank = 0; rank < TCode.Boundaries.Length; rank++)
        {
            float boundary = TCode.Boundaries[rank];
            FourBitPacking<TCode>.Pack([boundary, MathF.BitIncrement(boundary)], 1, code);
            Assert.Equal(TCode.Codes[rank], code[0] >> 4);
            Assert.Equal(TCode.Codes[rank + 1], code[0] & 15);
        }
    }

    private void AssertProduct(Format format, int rows, int columns, int tokens, int blockSize = 64)
    {
        using Weights weights = new(format, rows, columns, blockSize: blockSize);
        using GuardedMemory x = new(tokens * columns * sizeof(float));
        using GuardedMemory y = new(tokens * rows * sizeof(float));
        float[] input = RandomValues.Uniform(tokens * columns, rows + tokens, scale: 3);
        if (columns % 7 == 3)
        {
            input[columns / 2] = 9; // an outlier
        }
        input.CopyTo(x.Span<float>());
        float[] expected = new float[tokens * rows];
        Expect(format, weights, blockSize, input, tokens, expected);
        weights.Matrix.Multiply(x.Span<float>(), tokens, y.Span<float>(), _pool);
        Tensors.AssertClose($"{format}/{blockSize} {tokens} x [{rows}, {columns}]", expected, y.Span<float>(), 3e-6 * (columns + 8));
    }

    /// <summary>The definition of each path: what is rounded, in which steps, and where it is not.</summary>
    private static void Expect(Format format, Weights weights, int blockSize, float[] x, int tokens, Span<float> y)
    {
        int columns = weights.Matrix.Columns;
        int segment = (int)BigInteger.GreatestCommonDivisor(BigInteger.GreatestCommonDivisor(columns, blockSize), 64);
        switch (format, few: tokens <= DotProduct.MostTokens)
        {
            case (Format.Int8, few: false):
                ScalarQuantizedMultiply.Int8(weights.Matrix, x, tokens, 6, y);
                break;
            case (Format.Int4, few: true):
                ScalarQuantizedMultiply.Segments(weights.Matrix, x, tokens, columns, 16383, y);
                break;
            case (Format.Int4, few: false):
                ScalarQuantizedMultiply.Segments(weights.Matrix, x, tokens, Int4Matrix.BlockSize, 127, y);
                break;
            case (not Format.Int8, few: true) when blockSize is 32 or 64 && columns % blockSize == 0:
                ScalarQuantizedMultiply.Segments(weights.Rounded(2047), x, tokens, columns, 16383, y);
                break;
            case (not Format.Int8, few: false) when segment >= 16:
                ScalarQuantizedMultiply.Segments(weights.Rounded(127), x, tokens, segment, 63, y);
                break;
            default:
                ScalarMatrixMultiply.Multiply(weights.Matrix, x, tokens, y);
                break;
        }
    }

    /// <summary>A matrix on guarded memory, packed; random where no values are given.</summary>
    private sealed class Weights : IDisposable
    {
        private readonly GuardedMemory _codes;
        private readonly GuardedMemory _scales;
        private readonly BlockScales? _absmax;
        private readonly int _blockSize;
        private NativeBuffer? _rounded;

        public Weights(Format format, int rows, int columns, float[]? values = null, int blockSize = 64)
        {
            int count = rows * columns;
            Values = values ?? RandomValues.Uniform(count, rows);
            _blockSize = blockSize;
            int blocks = (count + blockSize - 1) / blockSize;
            switch (format)
            {
                case Format.Int8:
                    _codes = new GuardedMemory(count);
                    _scales = new GuardedMemory(rows * sizeof(float));
                    for (int r = 0; r < rows; r++)
                    {
                        _scales.Span<float>()[r] = Int8Matrix.Pack(Values.AsSpan(r * columns, columns), _codes.Span<sbyte>().Slice(r * columns, columns));
                    }
                    Matrix = new Int8Matrix(_codes.Region, _scales.Region, rows, columns);
                    break;
                case Format.Int4:
                    int perRow = Int4Matrix.BlocksPerRow(columns);
                    _codes = new GuardedMemory(rows * perRow * 16);
                    _scales = new GuardedMemory(rows * perRow * 2);
                    for (int r = 0; r < rows; r++)
                    {
                        Int4Matrix.Pack(
                            Values.AsSpan(r * columns, columns),
                            _codes.Span<byte>().Slice(r * perRow * 16, perRow * 16),
                            _scales.Span<ushort>().Slice(r * perRow, perRow));
                    }
                    Matrix = new Int4Matrix(_codes.Region, _scales.Region, rows, columns);
                    break;
                case Format.Fp4:
                    _codes = new GuardedMemory((count + 1) / 2);
                    _scales = new GuardedMemory(blocks * sizeof(float));
                    Fp4Matrix.Pack(Values, blockSize, _codes.Span<byte>(), _scales.Span<float>());
                    _absmax = new Float32Scales(_scales.Region);
                    Matrix = new Fp4Matrix(_codes.Region, _absmax, rows, columns, blockSize);
                    break;
                case Format.Nf4:
                    _codes = new GuardedMemory((count + 1) / 2);
                    _scales = new GuardedMemory(blocks * sizeof(float));
                    Nf4Matrix.Pack(Values, blockSize, _codes.Span<byte>(), _scales.Span<float>());
                    _absmax = new Float32Scales(_scales.Region);
                    Matrix = new Nf4Matrix(_codes.Region, _absmax, rows, columns, blockSize);
                    break;
                default:
                    _codes = new GuardedMemory((count + 1) / 2);
                    _scales = new GuardedMemory(blocks);
                    float[] absmax = new float[blocks];
                    Nf4Matrix.Pack(Values, blockSize, _codes.Span<byte>(), absmax);
                    float[] nested = new float[(blocks + 255) / 256];
                    float offset = NestedScales.Pack(absmax, _scales.Span<byte>(), nested);
                    _absmax = new NestedScales(_scales.Region, NestedScales.DynamicMap, nested, offset);
                    Matrix = new Nf4Matrix(_codes.Region, _absmax, rows, columns, blockSize);
                    break;
            }
        }

        public float[] Values { get; }

        public WeightMatrix Matrix { get; }

        /// <summary>The weights of a format with a table of fractions, each fraction rounded to <paramref name="steps"/> steps as the products have it.</summary>
        public Float32Matrix Rounded(int steps)
        {
            ReadOnlySpan<float> table = Matrix is Fp4Matrix ? Fp4Matrix.Values : Nf4Matrix.Values;
            float[] absmax = new float[_absmax!.Count];
            _absmax.Read(0, absmax);
            _rounded = new NativeBuffer((long)Values.Length * sizeof(float));
            Span<float> values = _rounded.Span<float>(0, Values.Length);
            for (int i = 0; i < values.Length; i++)
            {
                int pair = _codes.Span<byte>()[i / 2];
                values[i] = MathF.Round(table[i % 2 == 0 ? pair >> 4 : pair & 15] * steps) / steps * absmax[i / _blockSize];
            }
            return new Float32Matrix(_rounded.Region, Matrix.Rows, Matrix.Columns);
        }

        public void Dispose()
        {
            _codes.Dispose();
            _scales.Dispose();
            _rounded?.Dispose();
        }
    }
}
