using System.Runtime.Intrinsics;
using PaliGemma.Kernels.Products;
using PaliGemma.Kernels.Simd;

namespace PaliGemma.Kernels.Formats;

/// <summary>
/// Weights in 8 bits as LLM.int8() has them (arXiv:2208.07339, bitsandbytes' Linear8bitLt): W[r, c] = codes[r, c] · absmax[r] / 127. Up to
/// seven tokens are multiplied as they are, which costs no more than reading the weights. More are quantised, token by token, to 8 bits as well and multiplied
/// as integers, but for the columns where one reaches 6.0, which stay float32.
/// </summary>
public sealed unsafe class Int8Matrix : WeightMatrix
{
    private const float Largest = QuantizedActivations.LargestByte;

    private readonly MemoryRegion _codes;
    private readonly MemoryRegion _absmax;
    private readonly DenseProduct<Int8Element, sbyte> _product;

    /// <summary>Uses weights where they lie.</summary>
    /// <param name="codes">Signed bytes [rows, columns], row-major.</param>
    /// <param name="absmax">float32 [rows]: the largest magnitude of each row.</param>
    /// <param name="rows">Output width.</param>
    /// <param name="columns">Input width.</param>
    public Int8Matrix(MemoryRegion codes, MemoryRegion absmax, int rows, int columns)
        : base(rows, columns)
    {
        _codes = codes.Slice(0, (long)rows * columns);
        _absmax = absmax.Slice(0, (long)rows * sizeof(float));
        _product = new DenseProduct<Int8Element, sbyte>(_codes, rows, columns);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<MemoryRegion> Regions => [_codes, _absmax];

    private sbyte* Codes => (sbyte*)_codes.Pointer;

    private float* Absmax => (float*)_absmax.Pointer;

    /// <summary>Quantises one row as bitsandbytes does: rounded to float16 first, then to the nearest of 255 steps, ties to even.</summary>
    /// <param name="values">The row.</param>
    /// <param name="codes">As long as the row.</param>
    /// <returns>The row's largest magnitude.</returns>
    public static float Pack(ReadOnlySpan<float> values, Span<sbyte> codes)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(codes.Length, values.Length, nameof(codes));
        Vector256<float> largest = Vector256<float>.Zero;
        int i = 0;
        for (; i <= values.Length - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            largest = Vector256.Max(largest, Vector256.Abs(HalfRounding.Round(Vector256.Create(values[i..]))));
        }
        float absmax = 0;
        for (int lane = 0; lane < Vector256<float>.Count; lane++)
        {
            absmax = Math.Max(absmax, largest[lane]);
        }
        for (; i < values.Length; i++)
        {
            absmax = Math.Max(absmax, Math.Abs((float)(Half)values[i]));
        }
        float scale = absmax > 0 ? Largest / absmax : 0;
        i = 0;
        for (; i <= values.Length - Vector128<sbyte>.Count; i += Vector128<sbyte>.Count)
        {
            Vector256<short> steps = Vector256.Narrow(Steps(values[i..], scale), Steps(values[(i + Vector256<float>.Count)..], scale));
            Vector128.Narrow(steps.GetLower(), steps.GetUpper()).CopyTo(codes[i..]);
        }
        for (; i < values.Length; i++)
        {
            codes[i] = (sbyte)MathF.Round((float)(Half)values[i] * scale);
        }
        return absmax;
    }

    /// <inheritdoc/>
    public override void Multiply(ReadOnlySpan<float> x, int tokens, Span<float> y, WorkerPool pool)
    {
        if (tokens <= DotProduct.MostTokens)
        {
            _product.Multiply(x, tokens, y, pool);
            fixed (float* output = y)
            {
                for (int token = 0; token < tokens; token++)
                {
                    ScaledSums.Scale(output + ((long)token * Rows), Absmax, 1 / Largest, Rows);
                }
            }
            return;
        }
        ArgumentOutOfRangeException.ThrowIfNotEqual(x.Length, checked(tokens * Columns), nameof(x));
        ArgumentOutOfRangeException.ThrowIfNotEqual(y.Length, checked(tokens * Rows), nameof(y));
        fixed (float* input = x, output = y)
        {
            MultiplyMany(input, tokens, output, pool);
        }
    }

    /// <inheritdoc/>
    public override void MultiplyRows(ReadOnlySpan<float> x, ReadOnlySpan<int> rows, Span<float> y, WorkerPool pool)
    {
        _product.MultiplyRows(x, rows, y, pool);
        for (int i = 0; i < rows.Length; i++)
        {
            y[i] *= Absmax[rows[i]] * (1 / Largest);
        }
    }

    /// <inheritdoc/>
    public override void CopyRow(int row, Span<float> destination)
    {
        _product.CopyRow(row, destination);
        float scale = Absmax[row] / Largest;
        for (int i = 0; i < destination.Length; i++)
        {
            destination[i] *= scale;
        }
    }

    private static Vector256<int> Steps(ReadOnlySpan<float> values, float scale) =>
        Vector256.ConvertToInt32(Vector256.Round(HalfRounding.Round(Vector256.Create(values)) * scale));

    private void MultiplyMany(float* x, int tokens, float* y, WorkerPool pool)
    {
        int words = (Columns + 1) / 2;
        float* pairs = Scratch.Floats(Scratch.Purpose.Words, (long)tokens * words);
        float* factors = Scratch.Floats(Scratch.Purpose.Factors, tokens);
        int[] outliers = QuantizedActivations.ToPairsWithoutOutliers(x, tokens, Columns, (short*)pairs, 2 * words, factors, pool);
        PanelProduct<Int8Panels>.Multiply<Simd.PairLanes512, Simd.PairLanes256, Simd.PairLanes128>(
            new Int8Panels(Codes, Absmax, Rows, Columns, factors), pairs, tokens, y, pool);
        if (outliers.Length == 0)
        {
            return;
        }
        float* gathered = Scratch.Floats(Scratch.Purpose.Gathered, (long)tokens * outliers.Length);
        for (int token = 0; token < tokens; token++)
        {
            for (int i = 0; i < outliers.Length; i++)
            {
                gathered[((long)token * outliers.Length) + i] = x[((long)token * Columns) + outliers[i]];
            }
        }
        fixed (int* chosen = outliers)
        {
            PanelProduct<Int8OutlierPanels>.Multiply(
                new Int8OutlierPanels(Codes, Absmax, Rows, Columns, chosen, outliers.Length), gathered, tokens, y, pool);
        }
    }
}
