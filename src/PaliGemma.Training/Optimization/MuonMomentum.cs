using PaliGemma.Training.Layers;
using static TorchSharp.torch;

namespace PaliGemma.Training.Optimization;

/// <summary>What Muon keeps of a parameter.</summary>
public sealed class MuonMomentum : TrainedWeight
{
    internal MuonMomentum(Parameter parameter)
        : base(parameter)
    {
        using IDisposable untracked = no_grad();
        Mean = CreateMean();
    }

    /// <summary>The running mean of the gradients.</summary>
    public Tensor Mean { get; }

    /// <inheritdoc/>
    public override void Dispose()
    {
        Mean.Dispose();
        base.Dispose();
    }
}
