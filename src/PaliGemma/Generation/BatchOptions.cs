namespace PaliGemma.Generation;

/// <summary>How much a <see cref="BatchScheduler"/> takes on.</summary>
public sealed record BatchOptions
{
    /// <summary>Sequences that are decoded together at most; each keeps its keys and values in memory.</summary>
    public int MaxSequences { get; init; } = 16;

    /// <summary>Requests that wait at most; further ones are refused.</summary>
    public int MaxWaiting { get; init; } = 64;

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="ArgumentException">A value is out of its range.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxSequences, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxWaiting, 1);
    }
}
