namespace PaliGemma;

/// <summary>
/// Random numbers by SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): a counter in steps of <see cref="Step"/>, mixed. Its own generator, because a seed must mean the
/// same on every version of .NET.
/// </summary>
/// <param name="seed">Different seeds give different numbers.</param>
public struct SplitMix64(ulong seed)
{
    /// <summary>The step of the counter: 2^64 divided by the golden ratio.</summary>
    public const ulong Step = 0x9E3779B97F4A7C15;

    private ulong _counter = seed;

    /// <summary>The number that a counter gives: consecutive counters give bits that pass as random.</summary>
    public static ulong Mix(ulong counter)
    {
        counter = (counter ^ (counter >> 30)) * 0xBF58476D1CE4E5B9;
        counter = (counter ^ (counter >> 27)) * 0x94D049BB133111EB;
        return counter ^ (counter >> 31);
    }

    /// <summary>A seed for one of many independent sequences, for instance for an example of a run.</summary>
    public static ulong Derive(ulong seed, ulong sequence) => Mix(Mix(seed + Step) + ((sequence + 1) * Step));

    /// <summary>64 random bits.</summary>
    public ulong NextBits() => Mix(_counter += Step);

    /// <summary>A number in [0, 1).</summary>
    public double NextUniform() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A whole number in [0, <paramref name="end"/>).</summary>
    public int Next(int end) => (int)(((UInt128)NextBits() * (uint)end) >> 64);
}
