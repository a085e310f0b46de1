using PaliGemma.Training.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace PaliGemma.Training.Optimization;

/// <summary>
/// Updates what is trainable: by <see cref="AdamW"/>, or the matrices between hidden states by <see cref="Muon"/> and the rest by Adam.
/// </summary>
public sealed class Optimizer : IDisposable
{
    private readonly List<Parameter> _parameters;
    private readonly AdamW _adam;
    private readonly Muon? _muon;

    /// <summary>Creates the state of all trainable parameters.</summary>
    /// <param name="parameters">Only what is trainable now is updated.</param>
    /// <param name="beta2">Decay of Adam's mean of squared gradients.</param>
    /// <param name="useMuon">Whether matrices are Muon's.</param>
    /// <param name="productType">The type in which Muon multiplies: Float32 or BFloat16.</param>
    /// <param name="workers">Threads that work on Muon's matrices side by side.</param>
    public Optimizer(
        IEnumerable<Parameter> parameters, double beta2, bool useMuon, ScalarType productType = ScalarType.Float32, int workers = 1)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        _parameters = [.. parameters.Where(parameter => parameter.IsTrainable)];
        _muon = useMuon ? new Muon(_parameters, productType, workers) : null;
        _adam = new AdamW(_parameters.Where(parameter => !useMuon || !Muon.Suits(parameter)), beta2: beta2);
    }

    /// <summary>Elements of all weights that are trained.</summary>
    public long Elements => _parameters.Sum(parameter => parameter.Value.numel());

    /// <summary>
    /// Everything that a run goes on from, by names that belong to this set of parameters alone; call <see cref="Publish"/> after changing
    /// it.
    /// </summary>
    internal IEnumerable<(string Name, Tensor Value)> State =>
    [
        .. Weights.Select(weight => ($"weight.{weight.Parameter.Name}", weight.Weight)),
        .. _adam.States.Select(moments => ($"first_moment.{moments.Parameter.Name}", moments.First)),
        .. _adam.States.Select(moments => ($"second_moment.{moments.Parameter.Name}", moments.Second)),
        .. _muon?.States.Select(momentum => ($"momentum.{momentum.Parameter.Name}", momentum.Mean)) ?? [],
    ];

    private IEnumerable<TrainedWeight> Weights => [.. _adam.States, .. _muon?.States ?? []];

    /// <summary>Scales all gradients down such that their common norm is at most <paramref name="most"/>.</summary>
    /// <returns>The norm before.</returns>
    public double ClipGradients(double most)
    {
        using var scope = NewDisposeScope();
        Tensor[] gradients = [.. _parameters.Select(parameter => parameter.Gradient).OfType<Tensor>()];
        if (gradients.Length == 0)
        {
            return 0;
        }
        double norm = stack(gradients.Select(gradient => gradient.to(ScalarType.Float32).norm())).norm().item<float>();
        if (norm > most)
        {
            using Scalar factor = ((float)(most / norm)).ToScalar();
            using IDisposable untracked = no_grad();
            foreach (Tensor gradient in gradients)
            {
                gradient.mul_(factor);
            }
        }
        return norm;
    }

    /// <summary>Updates all parameters that have a gradient, and sets the gradients to 0.</summary>
    /// <param name="step">The number of this update, counted from 0.</param>
    /// <param name="learningRate">Adam's rate of this step.</param>
    /// <param name="weightDecay">The part of a weight that goes in this step where Adam decays it, already scheduled.</param>
    /// <param name="matrixRate">Muon's rate of this step.</param>
    public void Step(long step, double learningRate, double weightDecay = 0, double matrixRate = 0)
    {
        _adam.Step(step, learningRate, weightDecay);
        _muon?.Step(matrixRate);
    }

    /// <summary>Rounds all weights to what the model computes with.</summary>
    internal void Publish()
    {
        using var scope = NewDisposeScope();
        foreach (TrainedWeight weight in Weights)
        {
            weight.Publish();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _adam.Dispose();
        _muon?.Dispose();
    }
}
