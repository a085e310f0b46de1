using System.Text.Json;
using PaliGemma.Evaluation.Metrics;

namespace PaliGemma.Evaluation.Tests.Metrics;

/// <summary>Metrics that compare an answer with right ones, against big_vision's evaluators.</summary>
public class TextMetricsTests
{
    private static readonly JsonElement Goldens = MetricGoldens.Open("anls_and_others.json");

    [Fact]
    public void Similarity_of_texts_equals_big_vision() => Assert.All(Goldens.Cases("anls"), item => Assert.Equal(
        item.Number("anls"), Anls.Similarity(item.Text("prediction"), item.Text("target")), MetricGoldens.Tolerance));

    [Fact]
    public void The_best_of_several_answers_counts() => Assert.All(Goldens.Cases("vqa_multiple_answers"), item =>
    {
        (string said, string[] answers) = (item.Text("prediction"), item.GetProperty("targets").Texts());
        Assert.Equal(item.Number("vqa_acc"), RawVqaAccuracy.Score(said, answers), MetricGoldens.Tolerance);
        Assert.Equal(item.Number("vqa_acc_any"), ExactMatch.Score(said, answers));
        Assert.Equal(item.Number("vqa_anls"), Anls.Score(said, answers), MetricGoldens.Tolerance);
        Assert.Equal(item.Number("vqa_acc_any_to_lower"), ExactMatch.Score(said, answers, ignoreCase: true));
        Assert.Equal(item.Number("vqa_anls_to_lower"), new Anls().Score([MetricGoldens.Answer(said, answers)])[0], MetricGoldens.Tolerance);
    });

    [Fact]
    public void Exact_match_equals_big_vision() => Assert.All(Goldens.Cases("exact_match"), item =>
    {
        Assert.Equal(item.Number("vqa_acc"), ExactMatch.Score(item.Text("prediction"), [item.Text("target")]));
        Assert.Equal(item.Number("vqa_acc_to_lower"), ExactMatch.Score(item.Text("prediction"), [item.Text("target")], ignoreCase: true));
    });

    [Fact]
    public void Relaxed_accuracy_equals_big_vision() => Assert.All(Goldens.Cases("relaxed_accuracy"), item =>
    {
        (string said, string target) = (item.Text("prediction"), item.Text("target"));
        Assert.Equal(item.GetProperty("relaxed_match").GetBoolean(), RelaxedAccuracy.Score(said, target) == 1);
        Assert.Equal(
            item.GetProperty("relaxed_match_to_lower").GetBoolean(),
            new RelaxedAccuracy().Score([MetricGoldens.Answer(said, [target])])[0] == 1);
        AssertNumber(item.GetProperty("prediction_float"), RelaxedAccuracy.ToNumber(said));
        AssertNumber(item.GetProperty("target_float"), RelaxedAccuracy.ToNumber(target));
    });

    [Fact]
    public void Counting_accuracy_equals_big_vision() => Assert.All(Goldens.Cases("tallyqa"), item =>
    {
        Assert.Equal(item.Number("acc"), CountingAccuracy.Score(item.Text("prediction"), item.Text("answer")));
        Assert.Equal(item.Text("prediction_normalised"), CountingAccuracy.ToDigits(item.Text("prediction")));
    });

    [Fact]
    public void Science_questions_are_scored_as_in_big_vision() => Assert.All(Goldens.Cases("science_qa"), item =>
    {
        Assert.Equal(item.Number("acc"), ScienceQaAccuracy.Score(item.Text("prediction"), item.Text("answer")));
        Assert.Equal(item.Number("parsefail") == 1, ScienceQaAccuracy.ToLetter(item.Text("prediction")) is null);
    });

    [Fact]
    public void Yes_and_no_are_scored_as_in_big_vision_and_in_POPE() => Assert.All(Goldens.Cases("pope"), group =>
    {
        ExampleAnswer[] answers = [.. group.Cases("rows").Select(row => MetricGoldens.Answer(row.Text("answer"), [row.Text("label")]))];
        Assert.Equal(group.Cases("rows").Select(row => row.Number("bv_acc")), new PopeAccuracy().Score(answers));
        Assert.Equal(
            group.Cases("rows").Select(row => row.Text("pope_repo_parsed")),
            answers.Select(one => PopeAccuracy.IsYes(one.Text) ? "yes" : "no"));
        Measurement measured = new PopeAccuracy().Measure(answers);
        Assert.Equal(100 * group.GetProperty("bv_pope").Number("acc"), measured.Value, MetricGoldens.Tolerance);
        Assert.Equal(
            100 * group.GetProperty("bv_pope").Number("valid_percent"),
            measured.Details.Single(one => one.Name == "yes or no").Value,
            MetricGoldens.Tolerance);
        JsonElement expected = group.GetProperty("pope_repo");
        YesNoCounts counts = PopeAccuracy.Count(answers.Select(one => (one.Text, one.Example.Answers[0])));
        Assert.Equal(
            (expected.Number("TP"), expected.Number("FP"), expected.Number("TN"), expected.Number("FN")),
            (counts.TruePositives, counts.FalsePositives, counts.TrueNegatives, counts.FalseNegatives));
        AssertRatio(expected.GetProperty("precision"), counts.Precision);
        AssertRatio(expected.GetProperty("recall"), counts.Recall);
        AssertRatio(expected.GetProperty("f1"), counts.F1);
        AssertRatio(expected.GetProperty("accuracy"), counts.Accuracy);
        AssertRatio(expected.GetProperty("yes_ratio"), counts.YesRatio);
    });

    [Fact]
    public void Types_of_questions_weigh_alike_as_in_big_vision() => Assert.All(Goldens.Cases("rsvqa"), group =>
    {
        ExampleAnswer[] answers =
        [
            .. group.Cases("rows").Select(
                row => MetricGoldens.Answer(row.Text("prediction"), row.GetProperty("answers").Texts(), row.Text("question_type"))),
        ];
        Measurement measured = new MeanOfTypes().Measure(answers);
        (string Name, double Value)[] expected =
            [.. group.Cases("metrics").Select(metric => (metric[0].GetString()!, 100 * metric[1].GetDouble()))];
        foreach ((string name, double value) in expected.Where(one => measured.Details.Any(detail => "acc_" + detail.Name == one.Name)))
        {
            Assert.Equal(value, measured.Details.Single(detail => "acc_" + detail.Name == name).Value, MetricGoldens.Tolerance);
        }
        Assert.Equal(
            expected.Single(metric => metric.Name == "acc_avg").Value,
            measured.Details.Single(detail => detail.Name == "with numbers").Value,
            MetricGoldens.Tolerance);
        // The first is of LR's types, or of HR's where there is no other; the reference leaves it out where a type is missing.
        if (expected.FirstOrDefault(metric => metric.Name == "acc_avg_nonum") is (not null, double mean))
        {
            Assert.Equal(mean, measured.Value, MetricGoldens.Tolerance);
        }
    });

    [Fact]
    public void Both_pictures_of_a_pair_must_be_answered()
    {
        ExampleAnswer[] answers =
        [
            MetricGoldens.Answer("(a)", ["(a)", "a", "open"], group: "1"),
            MetricGoldens.Answer("Closed", ["(b)", "b", "closed"], group: "1"),
            MetricGoldens.Answer("a", ["(a)", "a", "left"], group: "2"),
            MetricGoldens.Answer("left", ["(b)", "b", "right"], group: "2"),
        ];
        Measurement measured = new PairedAccuracy().Measure(answers);
        Assert.Equal(50, measured.Value);
        Assert.Equal(75, Assert.Single(measured.Details).Value);
    }

    [Fact]
    public void MMVP_counts_drawn_pairs_as_its_definition_says()
    {
        Random random = new(3);
        string[] said = ["(a)", "a", "A", " (A) ", "(b)", "b", "yes", "YES\n", "", "猫", "(a) yes", "aa", "((a))"];
        // Of each of these, whether it is the choice "(a) yes" itself or its letter.
        bool[] isRight = [true, true, true, true, false, false, true, true, false, false, false, false, false];
        for (int size = 1; size <= 240; size++)
        {
            int[] drawn = [.. Enumerable.Range(0, 2 * size).Select(_ => random.Next(random.Next(3) == 0 ? said.Length : 4))];
            ExampleAnswer[] answers =
                [.. drawn.Select((which, i) => MetricGoldens.Answer(said[which], ["(a)", "a", "yes"], group: $"{i / 2}"))];
            int pairs = Enumerable.Range(0, size).Count(pair => isRight[drawn[2 * pair]] && isRight[drawn[(2 * pair) + 1]]);
            Measurement measured = new PairedAccuracy().Measure([.. answers.OrderBy(answer => answer.Text.Length)]);
            Assert.Equal(100.0 * pairs / size, measured.Value, 1e-6);
            Assert.Equal(100.0 * drawn.Count(which => isRight[which]) / (2 * size), Assert.Single(measured.Details).Value, 1e-6);
        }
    }

    private static void AssertRatio(JsonElement expected, double actual)
    {
        // The reference stops at the first division by zero.
        if (expected.ValueKind == JsonValueKind.Number)
        {
            Assert.Equal(expected.GetDouble(), actual, MetricGoldens.Tolerance);
        }
    }

    private static void AssertNumber(JsonElement expected, double? actual)
    {
        switch (expected.ValueKind)
        {
            case JsonValueKind.Null:
                Assert.Null(actual);
                break;
            case JsonValueKind.Number:
                Assert.Equal(expected.GetDouble(), actual);
                break;
            default:
                Assert.Equal(
                    expected.GetString() switch { "nan" => double.NaN, "inf" => double.PositiveInfinity, _ => double.NegativeInfinity },
                    actual);
                break;
        }
    }
}
