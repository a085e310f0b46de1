namespace PaliGemma.Evaluation.Metrics;

/// <summary>
/// POPE (Li et al. 2023). The accuracy is big_vision's, which the card reports (evaluators/proj/paligemma/transfers/pope.py): the answer in
/// lower case is the label. <see cref="Count"/> is that of AoiDragon/POPE, evaluate.py, which reads sentences and takes anything for yes
/// that does not say no.
/// </summary>
public sealed class PopeAccuracy : AnswerMetric
{
    /// <inheritdoc/>
    public override string Name => "accuracy";

    /// <summary>1 for a right answer, otherwise 0; what is neither yes nor no is wrong.</summary>
    public static double Score(string prediction, string label) => PythonText.ToLower(prediction) == label ? 1 : 0;

    /// <summary>Whether a sentence means yes: none of its words up to the first period is no or not.</summary>
    public static bool IsYes(string sentence)
    {
        ArgumentNullException.ThrowIfNull(sentence);
        int period = sentence.IndexOf('.', StringComparison.Ordinal);
        string first = (period < 0 ? sentence : sentence[..period]).Replace(",", "", StringComparison.Ordinal);
        return !first.Split(' ').Any(word => word is "No" or "not" or "no");
    }

    /// <summary>Counts sentences by what they mean and what they should have meant.</summary>
    public static YesNoCounts Count(IEnumerable<(string Sentence, string Label)> answers)
    {
        ArgumentNullException.ThrowIfNull(answers);
        YesNoCounts counts = default;
        foreach ((string sentence, string label) in answers)
        {
            counts = (IsYes(sentence), label != "no") switch
            {
                (true, true) => counts with { TruePositives = counts.TruePositives + 1 },
                (true, false) => counts with { FalsePositives = counts.FalsePositives + 1 },
                (false, false) => counts with { TrueNegatives = counts.TrueNegatives + 1 },
                (false, true) => counts with { FalseNegatives = counts.FalseNegatives + 1 },
            };
        }
        return counts;
    }

    /// <inheritdoc/>
    public override IEnumerable<NamedScore> Details(IReadOnlyList<ScoredAnswer> answers)
    {
        YesNoCounts counts = Count(answers.Select(one => (one.Answer.Text, one.Answer.Example.Answers[0])));
        return
        [
            .. base.Details(answers),
            new NamedScore("yes or no", 100 * answers.Average(one => PythonText.ToLower(one.Answer.Text) is "yes" or "no" ? 1.0 : 0)),
            new NamedScore("precision", 100 * counts.Precision),
            new NamedScore("recall", 100 * counts.Recall),
            new NamedScore("F1", 100 * counts.F1),
            new NamedScore("yes ratio", 100 * counts.YesRatio),
        ];
    }

    /// <inheritdoc/>
    protected override double Score(Example example, string prediction) => Score(prediction, example.Answers[0]);
}
