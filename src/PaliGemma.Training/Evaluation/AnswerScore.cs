using PaliGemma.Tasks;

namespace PaliGemma.Training.Evaluation;

/// <summary>How good an answer is while a model is trained; the published metrics are another matter.</summary>
public static class AnswerScore
{
    /// <summary>1 if the answer is the expected one, but for white space around it, else 0.</summary>
    public static double ExactMatch(string expected, string answer)
    {
        ArgumentNullException.ThrowIfNull(expected);
        ArgumentNullException.ThrowIfNull(answer);
        return expected.AsSpan().Trim().SequenceEqual(answer.AsSpan().Trim()) ? 1 : 0;
    }

    /// <summary>
    /// The mean overlap of boxes, 0 … 1: expected and found boxes of the same label are paired from the best overlap down; what is left
    /// without a partner on either side counts as 0. Two answers without boxes agree.
    /// </summary>
    public static double BoxOverlap(string expected, string answer)
    {
        List<DetectedObject> wanted = [.. TaskOutputParser.ParseObjects(expected, 1, 1).Objects];
        List<DetectedObject> found = [.. TaskOutputParser.ParseObjects(answer, 1, 1).Objects];
        int most = Math.Max(wanted.Count, found.Count);
        double sum = 0;
        var pairs = from one in wanted
                    from other in found
                    where one.Label == other.Label
                    orderby one.Box.IntersectionOverUnion(other.Box) descending
                    select (one, other);
        foreach ((DetectedObject one, DetectedObject other) in pairs.ToArray())
        {
            if (wanted.Contains(one) && found.Contains(other))
            {
                sum += one.Box.IntersectionOverUnion(other.Box);
                wanted.Remove(one);
                found.Remove(other);
            }
        }
        return most == 0 ? 1 : sum / most;
    }
}
