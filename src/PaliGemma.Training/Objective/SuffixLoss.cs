using TorchSharp;
using static TorchSharp.torch;

namespace PaliGemma.Training.Objective;

/// <summary>Cross entropy of the suffix, which alone is learnt (arXiv:2407.07726, section 3.2.3).</summary>
public sealed class SuffixLoss
{
    private readonly float _smoothing;

    /// <summary>Prepares the loss.</summary>
    /// <param name="average">What it is the mean of.</param>
    /// <param name="smoothing">
    /// Label smoothing, 0 … 1: the probability that the target gives away, evenly to all other tokens (big_vision, utils.py, <c>onehot</c>).
    /// </param>
    /// <param name="spread">Spreads location targets, which are then not smoothed; null does not.</param>
    public SuffixLoss(LossAverage average = LossAverage.Example, float smoothing = 0, LocationSpread? spread = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(smoothing);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(smoothing, 1);
        Average = average;
        _smoothing = smoothing;
        Spread = spread;
    }

    /// <summary>What the loss is the mean of.</summary>
    public LossAverage Average { get; }

    /// <summary>How location targets are spread, if they are.</summary>
    public LocationSpread? Spread { get; }

    /// <summary>The loss, a scalar.</summary>
    /// <param name="logits">Of the batch's predictors [targets, vocabulary].</param>
    /// <param name="batch">The examples.</param>
    public Tensor Compute(Tensor logits, TrainingBatch batch)
    {
        ArgumentNullException.ThrowIfNull(logits);
        ArgumentNullException.ThrowIfNull(batch);
        using var scope = NewDisposeScope();
        Tensor logProbabilities = logits.log_softmax(1);
        Tensor losses = logProbabilities.gather(1, batch.Targets.unsqueeze(1)).squeeze(1).neg();
        if (_smoothing > 0)
        {
            float others = _smoothing / (logits.shape[1] - 1);
            using Scalar difference = (1 - _smoothing - others).ToScalar();
            using Scalar each = others.ToScalar();
            losses = losses.mul(difference).sub(logProbabilities.sum(1).mul(each));
        }
        if (Spread is not null)
        {
            losses = SpreadLocations(Spread, losses, logProbabilities, batch.TargetTokens);
        }
        return losses.mul(tensor(Weights(batch), device: logits.device)).sum().MoveToOuterDisposeScope();
    }

    private static Tensor SpreadLocations(LocationSpread spread, Tensor losses, Tensor logProbabilities, IReadOnlyList<int> targets)
    {
        List<long> places = [];
        List<float> weights = [];
        for (int i = 0; i < targets.Count; i++)
        {
            if (spread.TryGetWeights(targets[i], out ReadOnlySpan<float> row))
            {
                places.Add(i);
                weights.AddRange(row);
            }
        }
        if (places.Count == 0)
        {
            return losses;
        }
        Tensor rows = tensor(places, device: losses.device);
        Tensor expected = tensor(weights, [places.Count, spread.Count], device: losses.device);
        Tensor locations = logProbabilities.index_select(0, rows).narrow(1, spread.FirstToken, spread.Count);
        return losses.index_copy(0, rows, locations.mul(expected).sum(1).neg());
    }

    /// <summary>The weight of each target in the mean.</summary>
    private float[] Weights(TrainingBatch batch)
    {
        float[] weights = new float[batch.TargetTokens.Count];
        if (Average == LossAverage.Token)
        {
            Array.Fill(weights, 1f / weights.Length);
            return weights;
        }
        int[] counts = new int[batch.ExampleCount];
        foreach (int example in batch.TargetExamples)
        {
            counts[example]++;
        }
        for (int i = 0; i < weights.Length; i++)
        {
            weights[i] = 1f / (counts[batch.TargetExamples[i]] * batch.ExampleCount);
        }
        return weights;
    }
}
