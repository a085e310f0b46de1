using PaliGemma.Checkpoints;
using PaliGemma.Training.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace PaliGemma.Training.Optimization;

/// <summary>
/// Adam (arXiv:1412.6980) with decoupled weight decay (arXiv:1711.05101) as PaliGemma was trained (big_vision, optax.py): decay follows the
/// schedule but not the learning rate, and applies to what the reference names <c>kernel</c>: the matrices of the image tower and the
/// projector, never the decoder's.
/// </summary>
public sealed class AdamW : IDisposable
{
    private const double Epsilon = 1e-8;

    private readonly List<AdamMoments> _states = [];
    private readonly double _beta1;
    private readonly double _beta2;

    /// <summary>Creates the state of all trainable parameters.</summary>
    /// <param name="parameters">The model's weights; only what is trainable now is updated.</param>
    /// <param name="beta1">Decay of the mean of gradients.</param>
    /// <param name="beta2">Decay of the mean of squared gradients.</param>
    public AdamW(IEnumerable<Parameter> parameters, double beta1 = 0.9, double beta2 = 0.999)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        _beta1 = beta1;
        _beta2 = beta2;
        foreach (Parameter parameter in parameters.Where(parameter => parameter.IsTrainable))
        {
            _states.Add(new AdamMoments(parameter));
        }
    }

    /// <summary>What is updated, and what is kept of it.</summary>
    public IReadOnlyList<AdamMoments> States => _states;

    /// <summary>Updates all parameters that have a gradient, and sets the gradients to 0.</summary>
    /// <param name="step">The number of this update, counted from 0.</param>
    /// <param name="learningRate">The rate of this step.</param>
    /// <param name="weightDecay">The part of a weight that goes in this step, already scheduled.</param>
    public void Step(long step, double learningRate, double weightDecay)
    {
        using var scope = NewDisposeScope();
        using IDisposable untracked = no_grad();
        using Scalar beta1 = ((float)_beta1).ToScalar();
        using Scalar beta2 = ((float)_beta2).ToScalar();
        using Scalar rest1 = ((float)(1 - _beta1)).ToScalar();
        using Scalar rest2 = ((float)(1 - _beta2)).ToScalar();
        using Scalar epsilon = ((float)Epsilon).ToScalar();
        using Scalar correction2 = ((float)(1 / Math.Sqrt(1 - Math.Pow(_beta2, step + 1)))).ToScalar();
        using Scalar rate = ((float)(-learningRate / (1 - Math.Pow(_beta1, step + 1)))).ToScalar();
        using Scalar kept = ((float)(1 - weightDecay)).ToScalar();
        foreach (AdamMoments moments in _states)
        {
            using var each = NewDisposeScope();
            if (moments.Parameter.Gradient is not Tensor stored)
            {
                continue;
            }
            Tensor gradient = stored.to(ScalarType.Float32);
            moments.First.mul_(beta1).add_(gradient, rest1);
            moments.Second.mul_(beta2).addcmul_(gradient, gradient, rest2);
            if (weightDecay != 0 && IsDecayed(moments.Parameter))
            {
                moments.Weight.mul_(kept);
            }
            moments.Weight.addcdiv_(moments.First, moments.Second.sqrt().mul_(correction2).add_(epsilon, Constants.One), rate);
            moments.Publish();
            stored.zero_();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _states.ForEach(moments => moments.Dispose());
    }

    private static bool IsDecayed(Parameter parameter) =>
        parameter.Role == TensorRole.Projection && !parameter.Name.StartsWith("language_model.", StringComparison.Ordinal);
}
