namespace PaliGemma.Data.Shapes;

/// <summary>Draws the choices of one scene.</summary>
/// <param name="seed">Of the series of scenes.</param>
/// <param name="index">Of the scene.</param>
/// <param name="stream">
/// Tells apart what is drawn for the same scene, so that its picture does not depend on what is asked about it.
/// </param>
internal struct SceneRandom(ulong seed, long index, ulong stream)
{
    private SplitMix64 _source = new(SplitMix64.Derive(SplitMix64.Derive(seed, (ulong)index), stream));

    /// <summary>64 bits.</summary>
    public ulong Bits() => _source.NextBits();

    /// <summary>A number in [0, 1).</summary>
    public double Fraction() => _source.NextUniform();

    /// <summary>A number from <paramref name="low"/> to <paramref name="high"/>.</summary>
    public float Between(double low, double high) => (float)(low + ((high - low) * Fraction()));

    /// <summary>An integer from <paramref name="low"/> to <paramref name="high"/>, both included.</summary>
    public int Integer(int low, int high) => low + _source.Next(high - low + 1);

    /// <summary>True in this part of all cases.</summary>
    public bool Chance(double part) => Fraction() < part;

    /// <summary>One of several, all equally likely.</summary>
    public T Pick<T>(IReadOnlyList<T> choices) => choices[Integer(0, choices.Count - 1)];

    /// <summary>An index, by weights.</summary>
    public int Weighted(ReadOnlySpan<double> weights)
    {
        double total = 0;
        foreach (double weight in weights)
        {
            total += weight;
        }
        double place = Fraction() * total;
        for (int i = 0; i < weights.Length; i++)
        {
            place -= weights[i];
            if (place < 0)
            {
                return i;
            }
        }
        return weights.LastIndexOfAnyExcept(0.0);
    }
}
