namespace PaliGemma.Evaluation.Metrics;

/// <summary>How far a score may be off because there are only so many examples (Efron 1979, percentiles of resampled scores).</summary>
public static class Bootstrap
{
    private const int Resamples = 1000;
    private const double Tail = 0.025;
    private const int Seed = 20240710;

    /// <summary>The 95 % interval of a statistic; the same lists give the same interval.</summary>
    /// <param name="strata">Lists of scores; each is resampled on its own, with replacement.</param>
    /// <param name="statistic">The statistic of such lists.</param>
    /// <returns>Null where there is nothing to resample.</returns>
    public static ConfidenceInterval? Interval(
        IReadOnlyList<IReadOnlyList<double>> strata, Func<IReadOnlyList<IReadOnlyList<double>>, double> statistic)
    {
        ArgumentNullException.ThrowIfNull(strata);
        ArgumentNullException.ThrowIfNull(statistic);
        if (strata.Count == 0 || strata.Any(stratum => stratum.Count == 0))
        {
            return null;
        }
        Random random = new(Seed);
        double[][] samples = [.. strata.Select(stratum => new double[stratum.Count])];
        double[] values = new double[Resamples];
        for (int i = 0; i < values.Length; i++)
        {
            for (int s = 0; s < samples.Length; s++)
            {
                for (int j = 0; j < samples[s].Length; j++)
                {
                    samples[s][j] = strata[s][random.Next(strata[s].Count)];
                }
            }
            values[i] = statistic(samples);
        }
        Array.Sort(values);
        return new ConfidenceInterval(values[(int)(Tail * Resamples)], values[(int)((1 - Tail) * Resamples) - 1]);
    }
}
