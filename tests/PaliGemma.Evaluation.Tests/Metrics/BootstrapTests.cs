using PaliGemma.Evaluation.Metrics;

namespace PaliGemma.Evaluation.Tests.Metrics;

public class BootstrapTests
{
    [Fact]
    public void The_interval_of_a_mean_is_that_of_the_normal_distribution()
    {
        double[] scores = [.. Enumerable.Range(0, 1000).Select(i => i % 4 == 0 ? 1.0 : 0)];
        ConfidenceInterval interval = Bootstrap.Interval([scores], strata => strata[0].Average())!.Value;
        double error = 1.96 * Math.Sqrt(0.25 * 0.75 / 1000);
        Assert.Equal(0.25 - error, interval.Low, 0.005);
        Assert.Equal(0.25 + error, interval.High, 0.005);
    }

    [Fact]
    public void The_same_scores_have_the_same_interval()
    {
        Func<IReadOnlyList<IReadOnlyList<double>>, double> sum = strata => strata[0].Sum();
        Assert.Equal(Bootstrap.Interval([[0, 1, 1]], sum), Bootstrap.Interval([[0, 1, 1]], sum));
    }

    [Fact]
    public void Nothing_has_no_interval() => Assert.Null(Bootstrap.Interval([[]], _ => 0));
}
