namespace PaliGemma.Evaluation.Metrics;

/// <summary>
/// Whether the answer is one of the right ones to the letter (big_vision, evaluators/proj/paligemma/transfers/vqa.py). Multiple choice is
/// scored so: the model repeats one of the choices.
/// </summary>
/// <param name="ignoreCase">Both sides are brought to lower case first.</param>
public sealed class ExactMatch(bool ignoreCase = false) : AnswerMetric
{
    /// <inheritdoc/>
    public override string Name => "accuracy";

    /// <inheritdoc/>
    public override bool NeedsAnswers => false;

    /// <summary>1 for a right answer, otherwise 0.</summary>
    public static double Score(string prediction, IReadOnlyList<string> answers, bool ignoreCase = false)
    {
        ArgumentNullException.ThrowIfNull(prediction);
        ArgumentNullException.ThrowIfNull(answers);
        string said = ignoreCase ? PythonText.ToLower(prediction) : prediction;
        return answers.Any(answer => said == (ignoreCase ? PythonText.ToLower(answer) : answer)) ? 1 : 0;
    }

    /// <inheritdoc/>
    protected override double Score(Example example, string prediction) => Score(prediction, example.Answers, ignoreCase);
}
