using System.Diagnostics;
using PaliGemma.Evaluation.Metrics;

namespace PaliGemma.Evaluation;

/// <summary>Runs a benchmark: asks what has not been answered yet, keeps the answers, and scores all of them.</summary>
/// <param name="examples">The questions.</param>
/// <param name="metric">Scores the answers.</param>
public sealed class Benchmark(IReadOnlyList<Example> examples, Metric metric)
{
    /// <summary>The running score is computed so often that it takes no more than this part of the time.</summary>
    private const double ScoringShare = 0.05;

    /// <summary>Examples that are answered together.</summary>
    public int BatchSize { get; init; } = 8;

    /// <summary>Is told how far the run is.</summary>
    public IProgress<BenchmarkProgress>? Progress { get; init; }

    /// <summary>Runs it.</summary>
    /// <param name="answer">Answers a batch, in order.</param>
    /// <param name="predictions">What was answered before; new answers are appended.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <exception cref="ModelFileException">There is no example, two have one name, one has no right answer, or a picture cannot be read.</exception>
    public Measurement Run(
        Func<IReadOnlyList<Example>, CancellationToken, IReadOnlyList<ExampleAnswer>> answer,
        PredictionFile predictions,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(answer);
        ArgumentNullException.ThrowIfNull(predictions);
        if (examples.Count == 0)
        {
            throw new ModelFileException("The data have no example of this benchmark.");
        }
        IEnumerable<IGrouping<string, Example>> byName = examples.GroupBy(example => example.Id, StringComparer.Ordinal);
        if (byName.FirstOrDefault(same => same.Count() > 1) is { Key: string twice })
        {
            throw new ModelFileException($"Two examples of the data are called {twice}; expected names that tell them apart.");
        }
        if (metric.NeedsAnswers && examples.FirstOrDefault(example => example.Answers.Count == 0) is { Id: string unanswered })
        {
            throw new ModelFileException($"Example {unanswered} of the data has no right answer; expected at least one.");
        }
        ExampleAnswer?[] answers = [.. examples.Select(predictions.Find)];
        int[] open = [.. Enumerable.Range(0, answers.Length).Where(i => answers[i] is null)];
        int done = answers.Length - open.Length;
        long start = Stopwatch.GetTimestamp();
        TimeSpan scoring = TimeSpan.Zero;
        double? score = null;
        foreach (int[] batch in open.Chunk(BatchSize))
        {
            cancellation.ThrowIfCancellationRequested();
            IReadOnlyList<ExampleAnswer> given = answer([.. batch.Select(i => examples[i])], cancellation);
            predictions.Append(given);
            for (int i = 0; i < batch.Length; i++)
            {
                answers[batch[i]] = given[i];
            }
            done += batch.Length;
            if (Progress is not null && scoring <= ScoringShare * Stopwatch.GetElapsedTime(start))
            {
                long before = Stopwatch.GetTimestamp();
                score = metric.Value([.. answers.OfType<ExampleAnswer>()]);
                scoring += Stopwatch.GetElapsedTime(before);
            }
            Progress?.Report(new BenchmarkProgress(done, answers.Length, score));
        }
        Measurement measurement = metric.Measure([.. answers.OfType<ExampleAnswer>()]);
        predictions.Complete(measurement);
        return measurement;
    }
}

/// <summary>How far a benchmark is.</summary>
/// <param name="Done">Examples answered.</param>
/// <param name="Total">All examples.</param>
/// <param name="Score">The score so far, in percent; null before it was first computed.</param>
public readonly record struct BenchmarkProgress(int Done, int Total, double? Score);
