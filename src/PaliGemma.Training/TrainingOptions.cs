using PaliGemma.Training.Objective;

namespace PaliGemma.Training;

/// <summary>How a run goes.</summary>
public sealed record TrainingOptions
{
    /// <summary>Examples that a step learns from.</summary>
    public int BatchSize { get; init; } = 8;

    /// <summary>
    /// Examples that are computed with at a time; gradients of the parts of a batch are added up. 0 means the whole batch, divided among the
    /// <see cref="Workers"/>.
    /// </summary>
    public int MicroBatchSize { get; init; }

    /// <summary>
    /// Threads that compute parts of a batch side by side, of <see cref="MicroBatchSize"/> examples each. More than 1 needs the CPU, and
    /// libtorch's own threads set to 1. Sums of gradients, and so the last bits of a run, depend on it.
    /// </summary>
    public int Workers { get; init; } = 1;

    /// <summary>Steps of the whole run, which the schedule spans.</summary>
    public long Steps { get; init; } = 1000;

    /// <summary>Steps of the linear rise; the reference takes 5 % of all.</summary>
    public long WarmUpSteps { get; init; } = 50;

    /// <summary>The highest learning rate.</summary>
    public double LearningRate { get; init; } = 1e-5;

    /// <summary>The highest rate of <see cref="Optimization.Muon"/>, which then updates the matrices between hidden states; 0 leaves all to Adam.</summary>
    public double MatrixLearningRate { get; init; }

    /// <summary>The part of a decayed weight that goes per step at the schedule's peak.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Decay of Adam's mean of squared gradients.</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>The largest norm of all gradients together.</summary>
    public double GradientNorm { get; init; } = 1;

    /// <summary>The part of the values that dropout sets to 0 where the decoder's sublayers add to the residual stream.</summary>
    public double Dropout { get; init; }

    /// <summary>Whether what is inside the layers is computed again on the way back instead of being kept: less memory for a third more time.</summary>
    public bool CheckpointActivations { get; init; }

    /// <summary>What is minimised.</summary>
    public SuffixLoss Loss { get; init; } = new();

    /// <summary>
    /// How much the loss of <see cref="AnswerPartReader"/> counts, which learns along; all examples then need their
    /// <see cref="Data.TrainingExample.ImageParts"/>. 0 does without.
    /// </summary>
    internal double AnswerPartWeight { get; init; }

    /// <summary>Start of all random sequences.</summary>
    public ulong Seed { get; init; }

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="ArgumentException">A value is out of its range.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(BatchSize);
        ArgumentOutOfRangeException.ThrowIfNegative(MicroBatchSize);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Workers);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Steps);
        ArgumentOutOfRangeException.ThrowIfNegative(WarmUpSteps);
        ArgumentOutOfRangeException.ThrowIfNegative(LearningRate);
        ArgumentOutOfRangeException.ThrowIfNegative(MatrixLearningRate);
        ArgumentOutOfRangeException.ThrowIfNegative(WeightDecay);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(GradientNorm);
        ArgumentOutOfRangeException.ThrowIfNegative(AnswerPartWeight);
        ArgumentOutOfRangeException.ThrowIfNegative(Dropout);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(Dropout, 1);
        if (AnswerPartWeight > 0 && CheckpointActivations)
        {
            // Their way back takes the gradient of the last layer's output alone.
            throw new ArgumentException("Parts of answers are not learnt with checkpoints of activations; expected one of both.", nameof(AnswerPartWeight));
        }
        if (Workers > 1 && Dropout > 0)
        {
            // Libtorch draws what is dropped from one generator, whoever asks.
            throw new ArgumentException("Dropout can be repeated on one thread only; expected 1 worker.", nameof(Workers));
        }
    }
}
