using PaliGemma.Kernels;

namespace PaliGemma.Layers;

/// <summary>y = x · Wᵀ + b, with W in any storage format.</summary>
internal sealed class Linear(WeightMatrix weight, float[]? bias)
{
    /// <summary>W [<see cref="OutputSize"/>, <see cref="InputSize"/>].</summary>
    public WeightMatrix Weight => weight;

    public int InputSize => weight.Columns;

    public int OutputSize => weight.Rows;

    /// <summary>Computes <paramref name="y"/> [tokens, <see cref="OutputSize"/>] from <paramref name="x"/> [tokens, <see cref="InputSize"/>].</summary>
    public void Forward(ReadOnlySpan<float> x, int tokens, Span<float> y, WorkerPool pool)
    {
        weight.Multiply(x[..(tokens * InputSize)], tokens, y[..(tokens * OutputSize)], pool);
        if (bias is not null)
        {
            BiasAdd.Apply(y[..(tokens * OutputSize)], bias, pool);
        }
    }
}
