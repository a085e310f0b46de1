using PaliGemma.Training.Layers;
using static TorchSharp.torch;

namespace PaliGemma.Training.Optimization;

/// <summary>What Adam keeps of a parameter.</summary>
public sealed class AdamMoments : TrainedWeight
{
    internal AdamMoments(Parameter parameter)
        : base(parameter)
    {
        using IDisposable untracked = no_grad();
        First = CreateMean();
        Second = CreateMean();
    }

    /// <summary>The running mean of the gradients.</summary>
    public Tensor First { get; }

    /// <summary>The running mean of the squared gradients.</summary>
    public Tensor Second { get; }

    /// <inheritdoc/>
    public override void Dispose()
    {
        First.Dispose();
        Second.Dispose();
        base.Dispose();
    }
}
