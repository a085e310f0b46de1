namespace PaliGemma.Kernels.Reference;

/// <summary>The scalar twin of <see cref="WeightMatrix.Multiply"/>: the definition, summed in float64.</summary>
internal static class ScalarMatrixMultiply
{
    /// <summary>y[t, r] = Σ_c x[t, c] · w[r, c], with the weights as <see cref="WeightMatrix.CopyRow"/> gives them.</summary>
    public static void Multiply(WeightMatrix weights, ReadOnlySpan<float> x, int tokens, Span<float> y)
    {
        float[] row = new float[weights.Columns];
        for (int r = 0; r < weights.Rows; r++)
        {
            weights.CopyRow(r, row);
            for (int t = 0; t < tokens; t++)
            {
                double sum = 0;
                for (int c = 0; c < row.Length; c++)
                {
                    sum += (double)x[(t * row.Length) + c] * row[c];
                }
                y[(t * weights.Rows) + r] = (float)sum;
            }
        }
    }
}
