using PaliGemma.Training.Layers;
using static TorchSharp.torch;

namespace PaliGemma.Training.Optimization;

/// <summary>What Adam keeps of a parameter, in float32 whatever the parameter is.</summary>
public sealed class AdamMoments : IDisposable
{
    private readonly bool _isCopy;

    internal AdamMoments(Parameter parameter)
    {
        using IDisposable untracked = no_grad();
        Parameter = parameter;
        First = zeros_like(parameter.Value, ScalarType.Float32).DetachFromDisposeScope();
        Second = zeros_like(parameter.Value, ScalarType.Float32).DetachFromDisposeScope();
        _isCopy = parameter.Value.dtype != ScalarType.Float32;
        Weight = _isCopy ? parameter.Value.to(ScalarType.Float32).DetachFromDisposeScope() : parameter.Value;
    }

    /// <summary>What is trained.</summary>
    public Parameter Parameter { get; }

    /// <summary>The running mean of the gradients.</summary>
    public Tensor First { get; }

    /// <summary>The running mean of the squared gradients.</summary>
    public Tensor Second { get; }

    /// <summary>The weight before it is rounded: updates are too small for bfloat16.</summary>
    public Tensor Weight { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        First.Dispose();
        Second.Dispose();
        if (_isCopy)
        {
            Weight.Dispose();
        }
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
}
