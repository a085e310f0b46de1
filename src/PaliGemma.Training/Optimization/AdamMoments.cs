using static TorchSharp.torch;

namespace PaliGemma.Training.Optimization;

/// <summary>What Adam remembers of a parameter's gradients.</summary>
/// <param name="first">Their running mean; owned.</param>
/// <param name="second">The running mean of their squares; owned.</param>
public sealed class AdamMoments(Tensor first, Tensor second) : IDisposable
{
    /// <summary>The running mean of the gradients.</summary>
    public Tensor First { get; } = first.DetachFromDisposeScope();

    /// <summary>The running mean of the squared gradients.</summary>
    public Tensor Second { get; } = second.DetachFromDisposeScope();

    /// <inheritdoc/>
    public void Dispose()
    {
        First.Dispose();
        Second.Dispose();
    }
}
