using PaliGemma.Evaluation.Datasets;
using PaliGemma.Evaluation.Metrics;
using PaliGemma.Tests;

namespace PaliGemma.Evaluation.Tests;

public sealed class BenchmarkTests : IDisposable
{
    private const int Count = 20;

    private readonly TemporaryFolder _folder = new();

    private static readonly Example[] Examples =
    [
        .. Enumerable.Range(0, Count).Select(i => new Example
        {
            Id = $"{i}", Images = [], Prompt = $"answer en {i}", Answers = [$"réponse\n{i}"], Subset = i < 5 ? "first" : "rest",
        }),
    ];

    [Fact]
    public void Answers_from_a_table_have_the_score_known_in_advance()
    {
        using PredictionFile predictions = new(_folder.File("p.jsonl"), "run");
        Measurement measured = new Benchmark(Examples, new ExactMatch()).Run((batch, _) => [.. batch.Select(FromTable)], predictions);
        Assert.Equal(75, measured.Value);
        Assert.Equal([("first", 60.0), ("rest", 80.0)], measured.Details.Select(one => (one.Name, one.Value)));
        Assert.True(measured.Interval is { Low: > 40 and < 75, High: > 75 and < 100 });
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(9)]
    [InlineData(12)]
    public void A_run_that_was_killed_goes_on_to_the_same_report(int answersBefore)
    {
        string whole = Complete("whole.jsonl");
        string path = _folder.File("killed.jsonl");
        int asked = 0;
        using (PredictionFile predictions = new(path, "run"))
        {
            Assert.Throws<OperationCanceledException>(() => new Benchmark(Examples, new ExactMatch()) { BatchSize = 3 }.Run(
                (batch, _) => (asked += batch.Count) > answersBefore
                    ? throw new OperationCanceledException()
                    : [.. batch.Select(FromTable)],
                predictions));
        }
        int kept = File.ReadAllLines(path).Length - 1;
        File.AppendAllText(path, """{"id":"19","prompt":"answer en 19","answ""");
        asked = 0;
        using (PredictionFile predictions = new(path, "run"))
        {
            new Benchmark(Examples, new ExactMatch()).Run(
                (batch, _) =>
                {
                    asked += batch.Count;
                    return [.. batch.Select(FromTable)];
                },
                predictions);
        }
        Assert.Equal(Count - kept, asked);
        Assert.Equal(File.ReadAllText(whole), File.ReadAllText(path));
    }

    [Fact]
    public void A_finished_run_asks_nothing_again()
    {
        string path = Complete("done.jsonl");
        using PredictionFile predictions = new(path, "run");
        Measurement measured = new Benchmark(Examples, new ExactMatch()).Run((_, _) => throw new InvalidOperationException(), predictions);
        Assert.Equal(75, measured.Value);
    }

    [Fact]
    public void A_run_of_fewer_examples_keeps_the_answers_of_the_others()
    {
        string path = Complete("all.jsonl");
        using (PredictionFile predictions = new(path, "run"))
        {
            Benchmark fewer = new(Examples[..2], new ExactMatch());
            Assert.Equal(50, fewer.Run((_, _) => throw new InvalidOperationException(), predictions).Value);
        }
        Assert.Equal(Count + 1, File.ReadAllLines(path).Length);
        using PredictionFile again = new(path, "run");
        Assert.Equal(75, new Benchmark(Examples, new ExactMatch()).Run((_, _) => throw new InvalidOperationException(), again).Value);
    }

    [Fact]
    public void A_question_that_has_changed_is_asked_again()
    {
        string path = Complete("changed.jsonl");
        Example[] changed = [.. Examples];
        changed[4] = changed[4] with { Prompt = "answer en what else?" };
        List<string> asked = [];
        using PredictionFile predictions = new(path, "run");
        new Benchmark(changed, new ExactMatch()).Run(
            (batch, _) =>
            {
                asked.AddRange(batch.Select(example => example.Prompt));
                return [.. batch.Select(FromTable)];
            },
            predictions);
        Assert.Equal(["answer en what else?"], asked);
    }

    [Theory]
    [InlineData("""{"run":"another"}""", "another run")]
    [InlineData("nothing", "line 1")]
    [InlineData("{\"run\":\"run\"}\n{\"id\":3}", "id")]
    public void Answers_of_another_run_and_damaged_files_are_refused(string content, string named)
    {
        string path = _folder.File("other.jsonl");
        File.WriteAllText(path, content + "\n");
        string message = Assert.Throws<ModelFileException>(() => new PredictionFile(path, "run")).Message;
        Assert.Contains("other.jsonl", message, StringComparison.Ordinal);
        Assert.Contains(named, message, StringComparison.Ordinal);
        Assert.Equal(content + "\n", File.ReadAllText(path));
    }

    [Fact]
    public void A_file_that_is_none_of_answers_stays_as_it_is_and_a_torn_first_line_is_written_again()
    {
        string path = _folder.File("other.jsonl");
        File.WriteAllText(path, "a letter to a friend");
        Assert.StartsWith($"{path} is no file of answers", Assert.Throws<ModelFileException>(() => new PredictionFile(path, "run")).Message, StringComparison.Ordinal);
        Assert.Equal("a letter to a friend", File.ReadAllText(path));
        File.WriteAllText(path, "{\"run\":\"r");
        new PredictionFile(path, "run").Dispose();
        Assert.Equal("{\"run\":\"run\"}\n", File.ReadAllText(path));
    }

    [Fact]
    public void Bytes_that_are_no_text_are_refused_and_not_changed()
    {
        string path = _folder.File("bytes.jsonl");
        byte[] content = [.. "{\"run\":\"run\"}\n{\"id\":\""u8, 0xff, .. "\"}\n{\"id\""u8];
        File.WriteAllBytes(path, content);
        Assert.Throws<ModelFileException>(() => new PredictionFile(path, "run"));
        Assert.Equal(content, File.ReadAllBytes(path));
    }

    [Fact]
    public void An_example_without_a_right_answer_is_refused_where_one_is_needed()
    {
        Example unanswered = Examples[3] with { Answers = [] };
        using PredictionFile predictions = new(_folder.File("unanswered.jsonl"), "run");
        string message = Assert.Throws<ModelFileException>(() => new Benchmark([unanswered], new CiderD()).Run(
            (batch, _) => [.. batch.Select(FromTable)], predictions)).Message;
        Assert.Equal(0, new Benchmark([unanswered], new ExactMatch()).Run(
            (batch, _) => [.. batch.Select(example => new ExampleAnswer(example, "x", []))], predictions).Value);
        Assert.Equal("Example 3 of the data has no right answer; expected at least one.", message);
        Assert.Equal(0, new Benchmark([unanswered], new RawVqaAccuracy()).Run(
            (batch, _) => [.. batch.Select(example => new ExampleAnswer(example, "x", []))], predictions).Value);
    }

    [Fact]
    public void Where_there_is_nothing_to_find_precision_is_no_number()
    {
        Example empty = Examples[0] with { Images = [Goldens.Path("images", "01_rgb_320x240.png")] };
        Measurement measured = new AveragePrecision().Measure([new ExampleAnswer(empty, "<loc0000><loc0000><loc0100><loc0100> cat", [1])]);
        Assert.True(double.IsNaN(measured.Value));
        Assert.All(measured.Details, detail => Assert.True(double.IsNaN(detail.Value)));
    }

    [Fact]
    public void Examples_of_one_name_are_refused()
    {
        using PredictionFile predictions = new(_folder.File("twice.jsonl"), "run");
        Benchmark benchmark = new([Examples[0], Examples[0]], new ExactMatch());
        Assert.Throws<ModelFileException>(() => benchmark.Run((batch, _) => [.. batch.Select(FromTable)], predictions));
    }

    [Fact]
    public void Every_benchmark_has_its_own_name_and_metric()
    {
        Assert.Equal(EvaluationTasks.All.Count, EvaluationTasks.All.Select(task => task.Name).Distinct().Count());
        Assert.All(
            EvaluationTasks.All.Where(task => task.Name != "shapes" && !task.Name.StartsWith("refcoco", StringComparison.Ordinal)),
            task => Assert.NotEmpty(task.CreateMetric(null).Name));
        Assert.Equal(85.64, EvaluationTasks.Named("vqav2").PublishedFor(448, isMix: false));
        Assert.Equal(65.20, EvaluationTasks.Named("gqa").PublishedFor(224, isMix: true));
        Assert.Null(EvaluationTasks.Named("vqav2").PublishedFor(896, isMix: false));
        Assert.Contains("vqav2", Assert.Throws<ArgumentException>(() => EvaluationTasks.Named("x")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_benchmark_says_which_file_it_misses()
    {
        DatasetFolder empty = new(_folder.FullName);
        Assert.All(EvaluationTasks.All, task => Assert.Contains(
            _folder.FullName, Assert.Throws<ModelFileException>(() => task.Read(empty).ToArray()).Message, StringComparison.Ordinal));
    }

    public void Dispose() => _folder.Dispose();

    private string Complete(string name)
    {
        string path = _folder.File(name);
        using PredictionFile predictions = new(path, "run");
        new Benchmark(Examples, new ExactMatch()).Run((batch, _) => [.. batch.Select(FromTable)], predictions);
        return path;
    }

    /// <summary>Every fourth answer is wrong.</summary>
    private static ExampleAnswer FromTable(Example example) =>
        new(example, int.Parse(example.Id, null) % 4 == 0 ? "wrong" : example.Answers[0], []);
}
