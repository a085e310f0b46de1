using PaliGemma.Training.Evaluation;

namespace PaliGemma.Training.Tests.Evaluation;

public class AnswerScoreTests
{
    private const string Left = "<loc0000><loc0000><loc1023><loc0512>";

    [Theory]
    [InlineData("two", " two\n", 1)]
    [InlineData("two", "Two", 0)]
    public void An_exact_match_forgives_white_space_alone(string expected, string answer, double score) =>
        Assert.Equal(score, AnswerScore.ExactMatch(expected, answer));

    [Theory]
    [InlineData(Left + " cat", Left + " cat", 1)]
    [InlineData(Left + " cat", Left + " dog", 0)]
    [InlineData(Left + " cat", "<loc0000><loc0000><loc0512><loc0512> cat", 0.5)]
    [InlineData(Left + " cat", Left + " cat ; " + Left + " cat", 0.5)]
    [InlineData(Left + " cat ; " + Left + " dog", Left + " dog", 0.5)]
    [InlineData("none", "nothing", 1)]
    [InlineData("none", Left + " cat", 0)]
    public void Boxes_are_paired_by_label_and_the_lonely_count_as_zero(string expected, string answer, double score) =>
        Assert.Equal(score, AnswerScore.BoxOverlap(expected, answer), 0.002);
}
