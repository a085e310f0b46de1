namespace PaliGemma.Training;

/// <summary>What a step did.</summary>
/// <param name="Step">Its number, counted from 0.</param>
/// <param name="Loss">The mean loss of its examples before the update.</param>
/// <param name="LearningRate">The rate of its update.</param>
/// <param name="GradientNorm">The norm of all gradients before clipping.</param>
/// <param name="Tokens">Tokens of its examples, image tokens included.</param>
/// <param name="Time">How long it took.</param>
public sealed record TrainingStep(long Step, double Loss, double LearningRate, double GradientNorm, int Tokens, TimeSpan Time)
{
    /// <summary>
    /// The part of the image tokens over something that the answer is about, whose part of the answer was read right; 0 where it is not
    /// learnt.
    /// </summary>
    internal double PartsRight { get; init; }
}
