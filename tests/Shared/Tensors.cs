namespace PaliGemma.Tests;

/// <summary>Compares tensors; a failure names the tensor, the index, and both values.</summary>
internal static class Tensors
{
    /// <summary>Asserts that the largest absolute difference is at most <paramref name="tolerance"/>.</summary>
    public static void AssertClose(string name, ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double tolerance)
    {
        Assert.True(expected.Length == actual.Length, $"{name} has {actual.Length} values, expected {expected.Length}");
        if (expected.IsEmpty)
        {
            return;
        }
        int worst = 0;
        double largest = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            double difference = Math.Abs((double)expected[i] - actual[i]);
            if (!(difference <= largest))
            {
                worst = i;
                largest = double.IsNaN(difference) ? double.PositiveInfinity : difference;
            }
        }
        Assert.True(
            largest <= tolerance,
            $"{name}[{worst}]: expected {expected[worst]:R}, actual {actual[worst]:R}, difference {largest:E2} > {tolerance:E2}");
    }
}
