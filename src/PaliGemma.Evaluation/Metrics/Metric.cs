namespace PaliGemma.Evaluation.Metrics;

/// <summary>How the answers to a benchmark's examples are scored.</summary>
public abstract class Metric
{
    /// <summary>What its number is called.</summary>
    public abstract string Name { get; }

    /// <summary>Whether it compares with an example's right answers, of which there must then be one at least.</summary>
    public virtual bool NeedsAnswers => true;

    /// <summary>The score of each answer, in order. What it is may depend on all of them.</summary>
    public abstract IReadOnlyList<double> Score(IReadOnlyList<ExampleAnswer> answers);

    /// <summary>
    /// The scores whose means are averaged to the benchmark's number: one list for a plain mean. Each is resampled on its own to tell how
    /// certain the number is; no list where that cannot be told so.
    /// </summary>
    public virtual IReadOnlyList<IReadOnlyList<double>> Strata(IReadOnlyList<ScoredAnswer> answers) =>
        [[.. answers.Select(one => one.Score)]];

    /// <summary>What else is worth telling; the scores of subsets where there are several.</summary>
    public virtual IEnumerable<NamedScore> Details(IReadOnlyList<ScoredAnswer> answers)
    {
        NamedScore[] subsets =
        [
            .. answers.GroupBy(one => one.Answer.Example.Subset, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal)
                .Select(group => new NamedScore(group.Key, 100 * group.Average(one => one.Score))),
        ];
        return subsets.Length > 1 ? subsets : [];
    }

    /// <summary>Scores all answers.</summary>
    /// <exception cref="ArgumentException">There is no answer.</exception>
    public Measurement Measure(IReadOnlyList<ExampleAnswer> answers)
    {
        ScoredAnswer[] scored = ScoreAll(answers);
        return new Measurement(Name, Value(scored), Bootstrap.Interval(Strata(scored), Headline), [.. Details(scored)], scored);
    }

    /// <summary>The benchmark's number alone, to be shown while answers come in.</summary>
    /// <exception cref="ArgumentException">There is no answer.</exception>
    public double Value(IReadOnlyList<ExampleAnswer> answers) => Value(ScoreAll(answers));

    /// <summary>The benchmark's number, in percent.</summary>
    protected virtual double Value(IReadOnlyList<ScoredAnswer> answers) => Headline(Strata(answers));

    /// <summary>The mean over the lists of the mean of each, times 100; NaN where there is nothing.</summary>
    protected static double Headline(IReadOnlyList<IReadOnlyList<double>> strata) =>
        100 * strata.Select(stratum => stratum.Average()).DefaultIfEmpty(double.NaN).Average();

    /// <summary>The scores of each subset.</summary>
    protected static IReadOnlyList<IReadOnlyList<double>> BySubset(IEnumerable<ScoredAnswer> answers) =>
        [.. answers.GroupBy(one => one.Answer.Example.Subset, one => one.Score, StringComparer.Ordinal).Select(group => group.ToArray())];

    private ScoredAnswer[] ScoreAll(IReadOnlyList<ExampleAnswer> answers)
    {
        ArgumentNullException.ThrowIfNull(answers);
        ArgumentOutOfRangeException.ThrowIfZero(answers.Count, nameof(answers));
        return [.. answers.Zip(Score(answers), (answer, score) => new ScoredAnswer(answer, score))];
    }
}
