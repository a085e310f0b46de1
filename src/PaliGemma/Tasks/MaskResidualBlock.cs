using PaliGemma.Kernels;

namespace PaliGemma.Tasks;

/// <summary>x + third(relu(second(relu(first(x))))), on pictures of the codes' grid.</summary>
internal sealed class MaskResidualBlock(Convolution first, Convolution second, Convolution third)
{
    /// <summary>Applies the block to <paramref name="x"/> [side, side, channels].</summary>
    public float[] Apply(float[] x, int side, WorkerPool pool)
    {
        float[] inner = first.Apply(x, side, side, pool);
        Relu.Apply(inner);
        inner = second.Apply(inner, side, side, pool);
        Relu.Apply(inner);
        inner = third.Apply(inner, side, side, pool);
        Residual.Add(inner, x, pool);
        return inner;
    }
}
