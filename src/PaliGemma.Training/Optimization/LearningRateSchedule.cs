namespace PaliGemma.Training.Optimization;

/// <summary>A linear rise from 0, then half a cosine down to 0 (big_vision, utils.py, <c>create_learning_rate_schedule</c>).</summary>
/// <param name="Steps">Steps of the run.</param>
/// <param name="WarmUpSteps">Steps of the rise.</param>
public readonly record struct LearningRateSchedule(long Steps, long WarmUpSteps)
{
    /// <summary>What the peak rate is multiplied by in a step, 0 … 1.</summary>
    /// <param name="step">Counted from 0.</param>
    public double At(long step)
    {
        double progress = Math.Clamp((step - WarmUpSteps) / (double)Math.Max(1, Steps - WarmUpSteps), 0, 1);
        double cosine = 0.5 * (1 + Math.Cos(Math.PI * progress));
        return step < WarmUpSteps ? cosine * step / WarmUpSteps : cosine;
    }
}
