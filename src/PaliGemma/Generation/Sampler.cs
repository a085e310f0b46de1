using PaliGemma.Kernels;

namespace PaliGemma.Generation;

/// <summary>Chooses the next token of one sequence from its logits.</summary>
internal sealed class Sampler
{
    private readonly GenerationOptions _options;
    private SplitMix64 _random;

    /// <param name="options">Temperature, top-k, top-p and seed.</param>
    /// <param name="sequence">The sequence's number in its batch: each draws on its own.</param>
    public Sampler(GenerationOptions options, int sequence = 0)
    {
        _options = options;
        _random = new SplitMix64((options.Seed ?? (ulong)Random.Shared.NextInt64()) + ((ulong)sequence * 0xD1B54A32D192ED03));
    }

    /// <summary>Chooses an index of <paramref name="logits"/>; those at negative infinity are never chosen.</summary>
    /// <param name="logits">At least one is finite.</param>
    /// <param name="minority">An index that is chosen greedily only if it is likelier than all others together; -1 for none.</param>
    public GeneratedToken Next(ReadOnlySpan<float> logits, int minority = -1)
    {
        int choice = _options.Temperature > 0 ? Draw(logits) : Preferred(logits, minority);
        return new GeneratedToken(choice, logits[choice] - Softmax.LogSumExp(logits));
    }

    /// <summary>The index that is chosen greedily.</summary>
    /// <param name="logits">At least one is finite.</param>
    /// <param name="minority">As for <see cref="Next"/>.</param>
    internal static int Preferred(ReadOnlySpan<float> logits, int minority) =>
        IsOutvoted(logits, minority) ? ArgMaxBut(logits, minority) : ArgMax(logits);

    /// <summary>The index of the largest value, the first one on a tie.</summary>
    internal static int ArgMax(ReadOnlySpan<float> values)
    {
        int best = 0;
        for (int i = 1; i < values.Length; i++)
        {
            if (values[i] > values[best])
            {
                best = i;
            }
        }
        return best;
    }

    /// <summary>Whether an index has less of the probability than all others together.</summary>
    internal static bool IsOutvoted(ReadOnlySpan<float> logits, int minority) =>
        minority >= 0 && logits.Length > 1 && logits[minority] - Softmax.LogSumExp(logits) < MathF.Log(0.5f);

    private static int ArgMaxBut(ReadOnlySpan<float> logits, int index)
    {
        int before = index == 0 ? -1 : ArgMax(logits[..index]);
        int after = index == logits.Length - 1 ? -1 : index + 1 + ArgMax(logits[(index + 1)..]);
        return before < 0 || (after >= 0 && logits[after] > logits[before]) ? after : before;
    }

    private int Draw(ReadOnlySpan<float> logits)
    {
        float maximum = logits[ArgMax(logits)];
        (double Weight, int Index)[] candidates = new (double, int)[logits.Length];
        for (int i = 0; i < candidates.Length; i++)
        {
            candidates[i] = (Math.Exp(((double)logits[i] - maximum) / _options.Temperature), i);
        }
        int kept = candidates.Length;
        if (_options.TopK > 0 || _options.TopP < 1)
        {
            // The index settles ties, so that the choice does not depend on the sorting algorithm.
            Array.Sort(candidates, static (a, b) => a.Weight != b.Weight ? b.Weight.CompareTo(a.Weight) : a.Index.CompareTo(b.Index));
            kept = _options.TopK > 0 ? Math.Min(_options.TopK, kept) : kept;
            kept = Nucleus(candidates.AsSpan(0, kept));
        }
        double total = Sum(candidates.AsSpan(0, kept));
        double remaining = _random.NextUniform() * total;
        int last = 0;
        for (int i = 0; i < kept; i++)
        {
            if (candidates[i].Weight == 0)
            {
                continue;
            }
            last = i;
            remaining -= candidates[i].Weight;
            if (remaining < 0)
            {
                break;
            }
        }
        return candidates[last].Index;
    }

    /// <summary>How many of the sorted candidates it takes to reach top-p.</summary>
    private int Nucleus(ReadOnlySpan<(double Weight, int Index)> sorted)
    {
        double wanted = _options.TopP * Sum(sorted);
        double sum = 0;
        for (int i = 0; i < sorted.Length; i++)
        {
            sum += sorted[i].Weight;
            if (sum >= wanted)
            {
                return i + 1;
            }
        }
        return sorted.Length;
    }

    private static double Sum(ReadOnlySpan<(double Weight, int Index)> candidates)
    {
        double sum = 0;
        foreach ((double weight, _) in candidates)
        {
            sum += weight;
        }
        return sum;
    }
}
