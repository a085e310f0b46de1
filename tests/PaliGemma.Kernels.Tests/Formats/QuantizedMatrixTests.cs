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
        using Weights weights = new(format, 6, 96, zeros: true);
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

    private void AssertProduct(Format format, int rows, int columns, int tokens)
    {
        using Weights weights = new(format, rows, columns);
        using GuardedMemory x = new(tokens * columns * sizeof(float));
        using GuardedMemory y = new(tokens * rows * sizeof(float));
        float[] input = RandomValues.Uniform(tokens * columns, rows + tokens, scale: 3);
        if (columns % 7 == 3)
        {
            input[columns / 2] = 9; // an outlier
        }
        input.CopyTo(x.Span<float>());
        float[] expected = new float[tokens * rows];
        double tolerance = 3e-6 * (columns + 8);
        int segment = (int)BigInteger.GreatestCommonDivisor(columns, 64);
        if (tokens <= DotProduct.MostTokens || (weights.Rounded is not null && segment < 16))
        {
            // The 15 bits of activations and 12 bits of table values that the 4-bit formats use.
            tolerance = 2e-4 * (columns + 8);
            ScalarMatrixMultiply.Multiply(weights.Matrix, input, tokens, expected);
        }
        else if (format == Format.Int8)
        {
            ScalarQuantizedMultiply.Int8(weights.Matrix, input, tokens, 6, expected);
        }
        else if (weights.Rounded is not null)
        {
            ScalarQuantizedMultiply.Segments(weights.Rounded, input, tokens, segment, 63, expected);
        }
        else
        {
            ScalarQuantizedMultiply.Segments(weights.Matrix, input, tokens, Int4Matrix.BlockSize, 127, expected);
        }
        weights.Matrix.Multiply(x.Span<float>(), tokens, y.Span<float>(), _pool);
        Tensors.AssertClose($"{format} {tokens} x [{rows}, {columns}]", expected, y.Span<float>(), tolerance);
    }

    /// <summary>A random matrix on guarded memory, packed.</summary>
    private sealed class Weights : IDisposable
    {
        private readonly GuardedMemory _codes;
        private readonly GuardedMemory _scales;
        private NativeBuffer? _rounded;

        public Weights(Format format, int rows, int columns, bool zeros = false)
        {
            int count = rows * columns;
            Values = zeros ? new float[count] : RandomValues.Uniform(count, rows);
            int blocks = (count + 63) / 64;
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
                    Fp4Matrix.Pack(Values, 64, _codes.Span<byte>(), _scales.Span<float>());
                    Matrix = new Fp4Matrix(_codes.Region, new Float32Scales(_scales.Region), rows, columns, 64);
                    Rounded = RoundedToBytes<Fp4Code>(new Float32Scales(_scales.Region), rows, columns);
                    break;
                case Format.Nf4:
                    _codes = new GuardedMemory((count + 1) / 2);
                    _scales = new GuardedMemory(blocks * sizeof(float));
                    Nf4Matrix.Pack(Values, 64, _codes.Span<byte>(), _scales.Span<float>());
                    Matrix = new Nf4Matrix(_codes.Region, new Float32Scales(_scales.Region), rows, columns, 64);
                    Rounded = RoundedToBytes<Nf4Code>(new Float32Scales(_scales.Region), rows, columns);
                    break;
                default:
                    _codes = new GuardedMemory((count + 1) / 2);
                    _scales = new GuardedMemory(blocks);
                    float[] absmax = new float[blocks];
                    Nf4Matrix.Pack(Values, 64, _codes.Span<byte>(), absmax);
                    float[] nested = new float[(blocks + 255) / 256];
                    float offset = NestedScales.Pack(absmax, _scales.Span<byte>(), nested);
                    NestedScales scales = new(_scales.Region, NestedScales.DynamicMap, nested, offset);
                    Matrix = new Nf4Matrix(_codes.Region, scales, rows, columns, 64);
                    Rounded = RoundedToBytes<Nf4Code>(scales, rows, columns);
                    break;
            }
        }

        public float[] Values { get; }

        public WeightMatrix Matrix { get; }

        /// <summary>The weights of a format with a table of fractions, each fraction rounded to 127 steps as the product for many tokens has it.</summary>
        public WeightMatrix? Rounded { get; }

        public void Dispose()
        {
            _codes.Dispose();
            _scales.Dispose();
            _rounded?.Dispose();
        }

        private Float32Matrix RoundedToBytes<TCode>(BlockScales scales, int rows, int columns)
            where TCode : IFourBitCode
        {
            float[] absmax = new float[scales.Count];
            scales.Read(0, absmax);
            _rounded = new NativeBuffer((long)rows * columns * sizeof(float));
            Span<float> values = _rounded.Span<float>(0, rows * columns);
            for (int i = 0; i < values.Length; i++)
            {
                int pair = _codes.Span<byte>()[i / 2];
                values[i] = MathF.Round(TCode.Values[i % 2 == 0 ? pair >> 4 : pair & 15] * 127) / 127 * absmax[i / 64];
            }
            return new Float32Matrix(_rounded.Region, rows, columns);
        }
    }
}
