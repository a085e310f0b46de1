namespace PaliGemma.Training.Evaluation;

/// <summary>How answers are scored.</summary>
public enum EvaluationMetric
{
    /// <summary><see cref="AnswerScore.ExactMatch"/>.</summary>
    ExactMatch,

    /// <summary><see cref="AnswerScore.BoxOverlap"/>.</summary>
    BoxOverlap,
}
