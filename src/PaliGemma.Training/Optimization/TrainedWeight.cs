using PaliGemma.Training.Layers;
using static TorchSharp.torch;

namespace PaliGemma.Training.Optimization;

/// <summary>What an optimizer keeps of a parameter, in float32 whatever the parameter is.</summary>
public abstract class TrainedWeight : IDisposable
{
    private readonly bool _isCopy;

    private protected TrainedWeight(Parameter parameter)
    {
        using IDisposable untracked = no_grad();
        Parameter = parameter;
        _isCopy = parameter.Value.dtype != ScalarType.Float32;
        Weight = _isCopy ? parameter.Value.to(ScalarType.Float32).DetachFromDisposeScope() : parameter.Value;
    }

    /// <summary>What is trained.</summary>
    public Parameter Parameter { get; }

    /// <summary>The weight before it is rounded: updates are too small for bfloat16.</summary>
    public Tensor Weight { get; }

    /// <inheritdoc/>
    public virtual void Dispose()
    {
        if (_isCopy)
        {
            Weight.Dispose();
        }
        GC.SuppressFinalize(this);
    }

    /// <summary>Rounds <see cref="Weight"/> to what the model computes with.</summary>
    internal void Publish()
    {
        if (_isCopy)
        {
            using IDisposable untracked = no_grad();
            Parameter.Value.copy_(Weight);
        }
    }

    /// <summary>A running mean of something of the weight's shape, 0 at first.</summary>
    private protected Tensor CreateMean() => zeros_like(Parameter.Value, ScalarType.Float32).DetachFromDisposeScope();
}
