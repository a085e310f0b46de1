namespace PaliGemma.Training.Data;

/// <summary>
/// Examples of several sources in the proportions of their weights: a deck of cards that name sources is shuffled anew each time it has
/// been dealt, so that the proportions hold in every stretch of the run.
/// </summary>
public sealed class ExampleMixture : IExampleSource
{
    private const int DeckSize = 1024;

    private readonly IExampleSource[] _sources;
    private readonly int[] _deck; // the source of each card
    private readonly int[] _cards; // per source
    private readonly ulong _seed;

    /// <summary>Mixes sources.</summary>
    /// <param name="sources">At least one, with weights above 0; at most 1,024.</param>
    /// <param name="seed">Of the order in which they take turns.</param>
    /// <exception cref="ArgumentException">A weight is not above 0.</exception>
    public ExampleMixture(IReadOnlyList<(IExampleSource Source, double Weight)> sources, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(sources);
        ArgumentOutOfRangeException.ThrowIfZero(sources.Count, nameof(sources));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sources.Count, DeckSize, nameof(sources));
        foreach ((_, double weight) in sources)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(weight, nameof(sources));
        }
        _sources = [.. sources.Select(source => source.Source)];
        _seed = seed;
        double total = sources.Sum(source => source.Weight);
        List<int> deck = [];
        double reached = 0;
        for (int i = 0; i < sources.Count; i++)
        {
            // Every source has a card, however small its weight.
            reached += sources[i].Weight / total * DeckSize;
            int end = Math.Clamp((int)Math.Round(reached), deck.Count + 1, DeckSize - (sources.Count - 1 - i));
            deck.AddRange(Enumerable.Repeat(i, end - deck.Count));
        }
        _deck = [.. deck];
        _cards = [.. Enumerable.Range(0, sources.Count).Select(source => _deck.Count(card => card == source))];
    }

    /// <inheritdoc/>
    public TrainingExample Read(long index)
    {
        (long round, long place) = Math.DivRem(index, DeckSize);
        Permutation order = new(DeckSize, SplitMix64.Derive(_seed, (ulong)round));
        int source = _deck[order[(int)place]];
        int before = 0;
        for (int i = 0; i < place; i++)
        {
            before += _deck[order[i]] == source ? 1 : 0;
        }
        return _sources[source].Read((round * _cards[source]) + before);
    }
}
