namespace PaliGemma.Kernels;

/// <summary>y[t, i] = y[t, i] + b[i].</summary>
public static class BiasAdd
{
    /// <summary>Adds <paramref name="bias"/> [width] to every row of <paramref name="y"/> [rows, width].</summary>
    public static unsafe void Apply(Span<float> y, ReadOnlySpan<float> bias, WorkerPool pool)
    {
        ArgumentNullException.ThrowIfNull(pool);
        int width = bias.Length;
        ArgumentOutOfRangeException.ThrowIfNotEqual(y.Length % width, 0, nameof(y));
        fixed (float* rows = y, addend = bias)
        {
            float* target = rows;
            float* source = addend;
            pool.ForRanges(y.Length / width, 8, (start, end) =>
            {
                for (int row = start; row < end; row++)
                {
                    Simd.Elementwise.Run<Residual.Sum>(target + ((long)row * width), source, width);
                }
            });
        }
    }
}
